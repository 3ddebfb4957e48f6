"""What pellucid raises when something that the user gave is wrong; the commands print it."""


class InputError(ValueError):
    """The user's input is wrong.

    The message says what is wrong, where (file, row, column, layer) and what to do about it. The commands
    print it alone, without a traceback, and end with exit code 2.

    >>> raise InputError("digits.csv: row 3 has 784 values, the header names 785; add or remove one")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: digits.csv: row 3 has 784 values, the header names 785; add or remove one
    """


class DivergenceError(InputError):
    """The loss became infinite or no number: the learning rate is too large, or the inputs are not scaled.

    ``what`` says what happened and where, ``remedy`` what to do about it, where nothing more is known.

    >>> raise DivergenceError("epoch 1, step 3: the loss is infinite", "lower the learning rate")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.DivergenceError: epoch 1, step 3: the loss is infinite; lower the learning rate
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what, self.remedy = what, remedy


def needs(library: str, extra: str, what: str) -> None:
    """Raise InputError that gives the line which installs a library, where it is missing.

    ``what`` wants it; ``extra`` is the name under which pellucid installs it.

    >>> needs("numpy", "tables", "data.csv: reading a table")
    >>> needs("no_such_library", "tables", "data.csv: reading a table")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data.csv: reading a table needs no_such_library; install it with: pip install ...
    """
    try:
        __import__(library)
    except ImportError:
        raise InputError(f"{what} needs {library}; install it with: pip install 'pellucid[{extra}]'") from None
