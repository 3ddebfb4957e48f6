"""Names to classes: the activations, losses and optimisers that files, commands and estimators call by name.

A new one is a class and one line, such as ``ACTIVATIONS.add(MyActivation)``; docs/adding.md has the recipes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, Generic, TypeVar

from pellucid.core.errors import InputError

T = TypeVar("T")


class Registry(dict[str, type[T]], Generic[T]):
    """The known classes of one part of a network, by their names.

    >>> from pellucid.core.activations import ACTIVATIONS
    >>> ACTIVATIONS.make({"name": "leaky-relu", "slope": 0.2})
    LeakyReLU(slope=0.2)
    """

    def __init__(self, part: str, protocol: Any, kinds: Iterable[type[T]]) -> None:
        super().__init__()
        self.part = part  # what it lists; each class has the protocol's methods and class attributes
        shared = [name for name, kind in protocol.__annotations__.items() if "ClassVar" in str(kind)]
        self.needs = [*shared, *(name for name in vars(protocol) if name == "__call__" or name[0] != "_")]
        for kind in kinds:
            self.add(kind)

    def add(self, kind: type[T]) -> type[T]:
        """Let a class be known by its ``name``; as it is returned, ``@ACTIVATIONS.add`` above a class does it too.

        Raises:
            InputError: it lacks an attribute, it is no dataclass and yet has settings, or the engine has its name.
        """
        self.check(kind)
        name, known = kind.name, self.get(kind.name)  # type: ignore[attr-defined]
        if known is not None and known.__module__.startswith("pellucid.core."):
            raise InputError(f"{self.part} {name!r}: the engine has one of this name; choose another")
        if not is_dataclass(kind) and kind.__init__ is not object.__init__:
            raise InputError(f"{kind.__name__}: has settings; make it a dataclass, so that files can hold them")
        self[name] = kind
        return kind

    def check(self, kind: type) -> None:
        """Raise InputError where a class lacks what is asked of its kind."""
        lacks = [name for name in self.needs if not hasattr(kind, name)]
        if lacks:
            raise InputError(f"{kind.__name__}: is no {self.part}, since it has no {', '.join(lacks)}")

    def make(self, about: Mapping[str, Any]) -> T:
        """The part that ``describe`` described; raises InputError for a name that is not known."""
        settings = dict(about)
        name = settings.pop("name")
        if name not in self:
            raise InputError(
                f"it uses {name!r}, which is not known here; known are {', '.join(self)} (add your own first)"
            )
        return self[name](**settings)

    def check_saving(self, part: T) -> None:
        """Raise InputError where a file with this part could not be read again."""
        about = describe(part)
        kinds = (bool, int, float, str, type(None))
        if self.get(about["name"]) is not type(part) or not all(isinstance(value, kinds) for value in about.values()):
            raise InputError(
                f"{self.part} {about['name']!r}: a file with it could not be read again; add its class to the known "
                "ones first (docs/adding.md), with settings that are numbers or texts"
            )


def describe(part: Any) -> dict[str, Any]:
    """A part as its name and its settings, for JSON.

    >>> from pellucid.core.activations import LeakyReLU
    >>> describe(LeakyReLU(0.2))
    {'name': 'leaky-relu', 'slope': 0.2}
    """
    return {"name": part.name, **(asdict(part) if is_dataclass(part) and not isinstance(part, type) else {})}
