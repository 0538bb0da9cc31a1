"""A Slurm of one node on loopback, with its own Munge, ports and folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from processes import Process, free_port, wait_until

KINDS = ("dft", "md", "fit", "light")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
_SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
_CONFIGURATION = """\
ClusterName=amorph
SlurmctldHost={host}(127.0.0.1)
SlurmdParameters=config_overrides
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=100000
ReturnToService=2
KillWait=2
MinJobAge=600
OverTimeLimit=0
PropagateResourceLimits=NONE
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory_mb} State=UNKNOWN
PartitionName=DEFAULT Nodes={host} MaxTime=INFINITE OverSubscribe=FORCE:4 State=UP
"""


def why_not() -> str:
    """Return why Slurm cannot be started here, or nothing."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=_SYSTEM_PATH) is None]
    if missing:
        return (
            f"Slurm needs {', '.join(missing)}; "
            "Debian: apt install slurmctld slurmd slurm-client munge"
        )
    return "" if os.geteuid() == 0 else "slurmd is started by root only"


class SlurmCluster:
    """A Slurm of one node with a partition for each kind of job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: list[Process] = []

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which Slurm's commands find this cluster."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self) -> None:
        """Start the daemons and return when the node takes jobs."""
        for name in ("", "state", "spool", "munge"):
            (self.folder / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        self._write_configuration()
        self._start_munge()
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D", "-N", _host())
        wait_until(self._ready, "the node of Slurm takes jobs")

    def stop(self) -> None:
        """Cancel every job and end the daemons."""
        if len(self._daemons) > 1:
            self.cancel()
        for daemon in reversed(self._daemons):
            daemon.stop()

    def cancel(self) -> None:
        """Cancel every job and return when none is left."""
        for kind in KINDS:
            self.run("scancel", f"--partition={kind}")
        wait_until(lambda: not self.queued(), "Slurm's queue is empty")

    def run(self, *command: str) -> str:
        """Return what a command of Slurm prints."""
        ended = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            check=True,
            capture_output=True,
            text=True,
        )
        return ended.stdout

    def queued(self) -> dict[str, str]:
        """Return the state of each job that is not finished, by its number."""
        lines = self.run("squeue", "--noheader", "--format=%i %T").splitlines()
        return dict(line.split() for line in lines)

    def job(self, number: str) -> dict[str, str]:
        """Return what Slurm knows of a job, ended ones included."""
        shown = self.run("scontrol", "--oneliner", "show", "job", number)
        return dict(field.split("=", 1) for field in shown.split() if "=" in field)

    def _ready(self) -> bool:
        for daemon in self._daemons:
            if not daemon.alive:
                raise RuntimeError(f"a daemon of Slurm ended:\n{daemon.tail()}")
        try:
            return set(self.run("sinfo", "--noheader", "--format=%T").split()) == {"idle"}
        except subprocess.CalledProcessError:
            return False

    def _write_configuration(self) -> None:
        memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20 * 8 // 10
        text = _CONFIGURATION.format(
            host=_host(),
            user="root",
            folder=self.folder,
            controller_port=free_port(),
            node_port=free_port(),
            cores=os.cpu_count(),
            memory_mb=memory_mb,
        )
        partitions = "".join(f"PartitionName={kind}\n" for kind in KINDS)
        (self.folder / "slurm.conf").write_text(text + partitions)

    def _start_munge(self) -> None:
        private = self.folder / "munge"
        private.chmod(0o700)
        key = private / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        socket_file = self.folder / "munge.socket"
        self._daemon(
            *("munged", "--foreground", "--force", f"--socket={socket_file}"),
            *(f"--key-file={key}", f"--pid-file={private / 'pid'}"),
            *(f"--seed-file={private / 'seed'}", f"--log-file={private / 'log'}"),
        )
        wait_until(socket_file.exists, "munged listens")

    def _daemon(self, name: str, *arguments: str) -> None:
        program = shutil.which(name, path=_SYSTEM_PATH)
        assert program is not None
        log = self.folder / f"{name}.log"
        self._daemons.append(Process([program, *arguments], log, self.folder, {**self.environment}))


def _host() -> str:
    return socket.gethostname().partition(".")[0]
