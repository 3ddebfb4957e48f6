"""``%%doctor``: a cell is run, and the network that is then there is examined."""

from typing import Any

from pellucid.analysis.doctor.doctor import doctor
from pellucid.core.errors import InputError


def register(shell: Any) -> None:
    """Give IPython, and so Jupyter, the magic ``%%doctor``."""

    def doctor_cell(_: str, cell: str) -> None:
        """Run the cell; then say which gradients of the network in this session are wrong, and how."""
        if shell.run_cell(cell).success:
            try:
                print(doctor(namespace=shell.user_ns))
            except InputError as error:
                print(error)

    shell.register_magic_function(doctor_cell, "cell", "doctor")
