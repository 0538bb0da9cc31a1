// Registering pair styles with LAMMPS (command plugin load).
#pragma once

#include "error.h"
#include "lammps.h"
#include "library.h"

namespace amorph {

// The interface of LAMMPS's PLUGIN package.
typedef void *(*factory1)(void *);
typedef void *(*factory2)(void *, int, char **);
struct lammpsplugin_t {
  const char *version, *style, *name, *info, *author;
  union {
    factory1 v1;
    factory2 v2;
  } creator;
  void *handle;
};
typedef void (*registration)(lammpsplugin_t *, void *);

class PluginRegistration {
 public:
  PluginRegistration(void *lmp, void *handle, void *add) : lmp(lmp) {
    using namespace LAMMPS_NS;
    auto *lammps = static_cast<LAMMPS *>(lmp);
    if (lammps_extract_setting(lmp, "tagint") != int(sizeof(tagint)) ||
        lammps_extract_setting(lmp, "bigint") != int(sizeof(bigint)))
      lammps->error->all(
          FLERR, "the plugin was built for other integer sizes than this LAMMPS has; rebuild it");
    plugin.version = lammps->version;
    plugin.style = "pair";
    plugin.author = "amorph_flows";
    plugin.handle = handle;
    register_style = reinterpret_cast<registration>(add);
  }

  void pair(const char *name, const char *info, factory1 creator) {
    plugin.name = name;
    plugin.info = info;
    plugin.creator.v1 = creator;
    register_style(&plugin, lmp);
  }

 private:
  void *lmp;
  lammpsplugin_t plugin{};
  registration register_style;
};

}  // namespace amorph
