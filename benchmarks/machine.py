"""What a result depends on: the machine, the versions, and how many bytes each peer needs on disk."""

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import pellucid
from benchmarks.turns import REMOVED, environment

PEERS = {
    "pellucid": ["pellucid"],
    "pytorch": ["torch", "numpy"],
    "jax": ["jax"],
    "tinygrad": ["tinygrad"],
    "scikit-learn": ["scikit-learn"],
    "onnxruntime": ["onnxruntime"],
    "neural-network-digits": ["neural-network-digits"],
    "numpy": ["numpy"],
}
OTHERS = ("pandas", "pyarrow", "polars", "onnx", "threadpoolctl", "matplotlib", "numba", "llvmlite")


def describe() -> dict[str, Any]:
    """CPU, cores, system, Python, and the versions of all that takes part."""
    names = dict.fromkeys([name for names in PEERS.values() for name in names] + list(OTHERS))
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version for name in names if (version := _version(name))},
        "removed_from_environment": [name for name in REMOVED if name in os.environ],
        "thread_settings": {name: value for name, value in environment().items() if name.endswith("_NUM_THREADS")},
    }


def _cpu() -> str:
    """The processor's own name for itself; its family and model beside it, since a virtual one may say little."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    lines = (line.partition(":") for line in info.read_text().splitlines())
    facts: dict[str, str] = {}
    for key, _, value in lines:
        facts.setdefault(key.strip(), value.strip())
    return f"{facts.get('model name', '?')} (family {facts.get('cpu family', '?')}, model {facts.get('model', '?')})"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def installed() -> dict[str, dict[str, Any]]:
    """For each peer and each extra of pellucid the bytes of its files and of all that it needs, byte code left out."""
    sizes: dict[str, dict[str, Any]] = {}
    extras = [
        f"pellucid[{extra}]"
        for extra in metadata.metadata("pellucid").get_all("Provides-Extra") or []
        if extra != "test"
    ]
    for peer, roots in {**PEERS, **{extra: [extra] for extra in extras}}.items():
        names: set[str] = set()
        for root in roots:
            _collect(Requirement(root), names)
        if names:
            sizes[peer] = {"bytes": sum(_bytes(name) for name in names), "packages": sorted(names)}
    return sizes


def _collect(wanted: Requirement, found: set[str]) -> None:
    """A package and its dependencies, with those of the extras that are named."""
    try:
        distribution = metadata.distribution(wanted.name)
    except metadata.PackageNotFoundError:
        return
    key = distribution.metadata["Name"].lower().replace("_", "-")
    if key in found and not wanted.extras:
        return
    found.add(key)
    for line in distribution.requires or []:
        requirement, extras = Requirement(line), ("", *wanted.extras)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            _collect(requirement, found)


def _bytes(name: str) -> int:
    """The size of a package's files; of pellucid's its source folder, since it may be an editable install."""
    if name == "pellucid":
        files = [path for path in Path(pellucid.__file__).parent.rglob("*") if path.is_file()]
    else:
        files = [Path(str(file.locate())) for file in metadata.distribution(name).files or []]
    return sum(path.stat().st_size for path in files if path.suffix != ".pyc" and path.exists())
