"""The bound: the bare matrix products of each step (see ``benchmarks/bound.py``), with one BLAS thread or with two."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks.workloads import Workload

try:
    from pellucid.analysis.matmul_bound import products  # the same function, where `pellucid benchmark` has it
except ImportError:
    from benchmarks.bound import products

__all__ = ["OneThread", "TwoThreads", "products"]


class OneThread:
    """As many steps as an epoch has, the short last one with the shapes that it has."""

    threads = 1
    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.limits = threadpool_limits(self.threads, user_api="blas")
        full, rest = divmod(workload.rows, workload.batch)
        self.count = full * workload.times
        self.rests = workload.times if rest else 0
        self.step = products(workload.sizes, workload.batch)
        self.last = products(workload.sizes, rest) if rest else self.step
        self.notes = f"{products.__module__}, threads: {self.threads}"

    def repeat(self) -> None:
        step = self.step
        for _ in range(self.count):
            step()
        for _ in range(self.rests):
            self.last()


class TwoThreads(OneThread):
    """The same with two threads."""

    threads = 2
