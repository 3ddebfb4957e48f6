"""The book: its chapters as notebooks and as a site, and figures that answer.

>>> from pellucid.book import figure
>>> figure("neuron")
<Figure neuron: A neuron with two inputs. Its weights and its bias are turned by sliders; z and a follow.>
"""

from pellucid.book.figures import figure

__all__ = ["figure"]
