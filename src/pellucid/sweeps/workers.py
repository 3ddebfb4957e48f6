"""Who does the trials: joblib, with processes of this machine, or the workers of Dask or Ray, here or in a cluster.

Each of them is a process of its own, with one thread for the products of matrices.
"""

import logging
import signal
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from typing import Any

from pellucid.core.errors import InputError, needs
from pellucid.sweeps.trial import Outcome, Task, do

BACKENDS = {"loky": "joblib", "dask": "distributed", "ray": "ray"}  # and the library that each needs
ALONE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PATIENCE = 10  # seconds in which a cluster must answer
Doing = Callable[[Iterable[Task]], Iterator[Outcome]]


def check_installed(backend: str) -> None:
    """Raise InputError where a library is missing that a sweep needs."""
    for library in ("optuna", "joblib", "sklearn"):
        needs(library, "sweep", "a sweep")
    needs(BACKENDS[backend], "sweep" if backend == "loky" else backend, f"backend={backend!r}")


def check_address(backend: str, address: str | None) -> None:
    """Raise InputError where an address stands beside a backend that has none, or where nobody answers."""
    if address is None:
        return
    if backend == "loky":
        raise InputError(f"address={address!r}: is for a cluster; give backend='dask' or backend='ray' beside it")
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not colon or not port.isdecimal():
        raise InputError(f"address={address!r}: is no address; give HOST:PORT, as the cluster says it")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"address={address!r}: nobody answers there ({error}); start the cluster first") from None


@contextmanager
def workers(backend: str, count: int, address: str | None = None) -> Iterator[Doing]:
    """Workers of a backend, ``count`` of them where they are started here; yields what does trials with them.

    Tasks are taken one by one, as workers become free, and outcomes come as they are ready. One worker alone is given
    a task when the outcome before it has been taken.

    Raises:
        InputError: nobody answers at the address.
    """
    import joblib

    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # of the libraries, of how they are run
        started = {"loky": _loky, "dask": _dask, "ray": _ray}[backend](stack, count, address)
        stack.enter_context(joblib.parallel_config(**started))
        found = joblib.effective_n_jobs(started["n_jobs"])

        def doing(tasks: Iterable[Task]) -> Iterator[Outcome]:
            for some in ([task] for task in tasks) if found == 1 else [tasks]:
                pool = joblib.Parallel(batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered")
                try:
                    yield from pool(joblib.delayed(do)(task) for task in some)
                except _lost(backend):
                    raise InputError(
                        "a worker was ended from outside, perhaps for want of memory; go on with fewer workers, or "
                        "search smaller layers"
                    ) from None

        yield doing


def _lost(backend: str) -> type[Exception]:
    """What is raised where a worker of a backend is gone for good."""
    if backend == "loky":
        return BrokenProcessPool
    if backend == "dask":
        from distributed import KilledWorker

        return KilledWorker  # type: ignore[no-any-return]
    from ray.exceptions import RayError

    return RayError  # type: ignore[no-any-return]


def _loky(_: ExitStack, count: int, __: str | None) -> dict[str, Any]:
    return {"backend": "loky", "n_jobs": count, "inner_max_num_threads": 1 if count > 1 else None}


def _dask(stack: ExitStack, count: int, address: str | None) -> dict[str, Any]:
    import dask
    from distributed import Client, LocalCluster

    if address is None:
        environment = dict.fromkeys(ALONE, "1")
        stack.enter_context(dask.config.set({"distributed.nanny.pre-spawn-environ": environment}))
        with _deaf_to_ctrl_c():
            cluster = LocalCluster(
                n_workers=count, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL,
                memory_limit=0,
            )  # fmt: skip
        stack.enter_context(cluster)
    try:
        client = stack.enter_context(Client(cluster if address is None else address, timeout=PATIENCE))
    except (OSError, ValueError) as error:
        raise InputError(f"address={address!r}: no scheduler of Dask answers there ({error}); start it first") from None
    return {"backend": "dask", "n_jobs": -1, "client": client}


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes that are started meanwhile ignore Ctrl-C, which is for the one who starts them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ray(stack: ExitStack, count: int, address: str | None) -> dict[str, Any]:
    import ray
    from ray.util.joblib.ray_backend import RayBackend

    logging.getLogger("ray").setLevel(logging.CRITICAL)
    own = {"num_cpus": count, "include_dashboard": False} if address is None else {"address": address}
    try:
        ray.init(**own, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(f"address={address!r}: no cluster of Ray answers there ({error}); start it first") from None
    stack.callback(ray.shutdown)
    # joblib takes its pool for one of multiprocessing, which gives outcomes at the end alone
    as_ready = type("RayAsReady", (RayBackend,), {"supports_return_generator": True})
    return {"backend": as_ready(), "n_jobs": count if address is None else int(ray.cluster_resources()["CPU"])}
