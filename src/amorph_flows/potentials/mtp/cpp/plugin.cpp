// Registers the pair styles with LAMMPS (command plugin load).
#include "pair_mtp.h"
#include "pair_mtp_extrapolation.h"

#include "error.h"
#include "lammps.h"
#include "library.h"

using namespace LAMMPS_NS;

extern "C" {

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

static void *pair_mtp_extrapolation(void *lmp) {
  return new PairMTPExtrapolation(static_cast<LAMMPS *>(lmp));
}
static void *pair_mtp(void *lmp) { return new PairMTP(static_cast<LAMMPS *>(lmp)); }

__attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle,
                                                              void *add) {
  if (lammps_extract_setting(lmp, "tagint") != int(sizeof(tagint)) ||
      lammps_extract_setting(lmp, "bigint") != int(sizeof(bigint)))
    static_cast<LAMMPS *>(lmp)->error->all(
        FLERR, "the MTP plugin was built for other integer sizes than this LAMMPS has; rebuild it");
  lammpsplugin_t plugin{};
  plugin.version = static_cast<LAMMPS *>(lmp)->version;
  plugin.style = "pair";
  plugin.author = "amorph_flows";
  plugin.handle = handle;
  const auto register_style = reinterpret_cast<registration>(add);
  plugin.name = "mtp";
  plugin.info = "moment tensor potential";
  plugin.creator.v1 = pair_mtp;
  register_style(&plugin, lmp);
  plugin.name = "mtp/extrapolation";
  plugin.info = "moment tensor potential with extrapolation grades";
  plugin.creator.v1 = pair_mtp_extrapolation;
  register_style(&plugin, lmp);
}
}
