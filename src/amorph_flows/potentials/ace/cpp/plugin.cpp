#include "lammps_plugin.h"
#include "pair_ace.h"

static void *pair_ace(void *lmp) {
  return new LAMMPS_NS::PairACE(static_cast<LAMMPS_NS::LAMMPS *>(lmp));
}

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle,
                                                                         void *add) {
  amorph::PluginRegistration plugin(lmp, handle, add);
  plugin.pair("ace", "atomic cluster expansion", pair_ace);
}
