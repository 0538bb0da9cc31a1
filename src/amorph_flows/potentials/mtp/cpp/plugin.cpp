#include "lammps_plugin.h"
#include "pair_mtp.h"
#include "pair_mtp_extrapolation.h"

using namespace LAMMPS_NS;

static void *pair_mtp_extrapolation(void *lmp) {
  return new PairMTPExtrapolation(static_cast<LAMMPS *>(lmp));
}
static void *pair_mtp(void *lmp) { return new PairMTP(static_cast<LAMMPS *>(lmp)); }

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle,
                                                                         void *add) {
  amorph::PluginRegistration plugin(lmp, handle, add);
  plugin.pair("mtp", "moment tensor potential", pair_mtp);
  plugin.pair("mtp/extrapolation", "moment tensor potential with extrapolation grades",
              pair_mtp_extrapolation);
}
