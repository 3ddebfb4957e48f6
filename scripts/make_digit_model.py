"""Make the digit model that comes inside the package: ``pellucid train`` with its defaults and seed 0.

    python scripts/make_digit_model.py

No test digit takes part in it, and nothing was chosen by one.
"""

import tempfile
from pathlib import Path

from pellucid.runs import Settings, prepare, start

TARGET = Path(__file__).parent.parent / "src" / "pellucid" / "model" / "digits.safetensors"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = start(prepare(Settings()), Path(folder) / "run")
        for epoch in run.go():
            print(f"epoch {epoch.number}: dev {epoch.dev}")
        TARGET.write_bytes((run.folder / "model.safetensors").read_bytes())
    print(TARGET.name, run.result)


if __name__ == "__main__":
    main()
