"""The text of a search: each form of it is read, and each mistake in it gets one message that says where it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pellucid import InputError
from pellucid.runs.settings import SETTINGS
from pellucid.sweeps.space import SEARCHED, Axis, read_space

GOOD = (
    ("hidden=32,64,32-16,none", Axis("hidden", ("32", "64", "32-16", "none"))),
    ("hidden=16:128:log", Axis("hidden", (), 16.0, 128.0, log=True, whole=True)),
    ("learning-rate=1e-4:1e-1:log", Axis("learning_rate", (), 1e-4, 1e-1, log=True)),
    ("learning_rate=0.1,0.2", Axis("learning_rate", ("0.1", "0.2"))),
    ("dropout=0:0.5", Axis("dropout", (), 0.0, 0.5)),
    ("epochs=5:20", Axis("epochs", (), 5.0, 20.0, whole=True)),
    ("batch-size=16,32,all", Axis("batch_size", ("16", "32", "all"))),
    ("clip-norm=0,1", Axis("clip_norm", ("0", "1"))),
    ("activation=relu,leaky-relu", Axis("activation", ("relu", "leaky-relu"))),
    ("optimizer=adam,sgd", Axis("optimizer", ("adam", "sgd"))),
)
BAD = (
    ("", "searches nothing; write NAME=A,B,C, NAME=LOW:HIGH or NAME=LOW:HIGH:log"),
    ("hidden", "'hidden': is no setting with its values"),
    ("hidden=", "'hidden=': is no setting with its values"),
    ("=3", "'=3': is no setting with its values"),
    ("hidden=32, 64", "'hidden=32,': holds an empty value"),
    ("hiden=32,64", "there is no setting hiden; did you mean hidden? Take hidden, activation"),
    ("loss=huber,cross-entropy", "loss cannot be searched, since numbers of two loss functions cannot be compared"),
    ("seed=0:9", "seed cannot be searched, since the best of many seeds is luck"),
    ("dev=10,20", "dev cannot be searched, since it decides what the dev part is"),
    ("hidden=32,64 dropout=0:0.5 hidden=3,4", "'hidden=3,4': hidden is searched twice"),
    ("epochs=3,5", "epochs is given beside the search; leave one of the two out"),
    ("hidden=32", "one value is no search; give several, or hidden beside the search; layers of one network"),
    ("dropout=0.5", "one value is no search"),
    ("hidden=32,x", "x is no network; write layers as 32-16, or none"),
    ("hidden=32,0", "0: give for each hidden layer a whole number of neurons, at least 1"),
    ("hidden=32,32", "32 stands there twice; leave one out"),
    ("learning-rate=0.1,1e-1", "1e-1 stands there twice"),
    ("hidden=32-16:64", "32-16: give a whole number of neurons; a range is of one hidden layer"),
    ("hidden=none:64", "none: give a whole number of neurons"),
    ("dropout=0:2", "2: give a finite number of at least 0 and below 1"),
    ("dropout=0:inf", "inf is no number"),
    ("dropout=0:nan", "nan is no number"),
    ("dropout=0:x", "x is no number"),
    ("learning-rate=0:0.1", "0: give"),
    ("learning-rate=0.1:0.01", "0.1 is not below 0.01; write the smaller end first"),
    ("weight-decay=0:0.1:log", "0 has no logarithm; begin above 0, or leave log out"),
    ("learning-rate=1e-4:0.1:lin", "only log may stand behind the second colon"),
    ("learning-rate=1e-4:0.1:log:log", "a range has two ends"),
    ("learning-rate=:0.1", "a range has two ends"),
    ("batch-size=all:64", "all is no number; a range goes from a number to a number"),
    ("batch-size=1.5:64", "1.5 is no whole number"),
    ("batch-size=0:64", "0: give"),
    ("optimizer=adam:sgd", "optimizer is a word, not a number; name the words, with a comma between them"),
    ("optimizer=adam,sgdd", "sgdd: not known; did you mean sgd?"),
    ("activation=relu,rleu", "rleu: not known; did you mean relu?"),
    ("batch-size=" + ",".join(map(str, range(1, 200))), "199 values are too many; give at most 100, or a range"),
    ("hidden=" + "9" * 5000 + ",3", "is no network"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "axis"), GOOD)
def test_each_form_is_read(text: str, axis: Axis) -> None:
    assert read_space(f" {text} ") == {axis.name: axis}


@pytest.mark.parametrize(("text", "said"), BAD, ids=[text[:40] for text, _ in BAD])
def test_each_mistake_gets_one_message_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_space(text, {"epochs": 3})
    message = str(caught.value)
    assert said in message
    assert message.startswith("search=")
    assert "\n" not in message


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_searched_or_it_is_said_why_not(name: str) -> None:
    if name not in SEARCHED:
        with pytest.raises(InputError, match=f"{name} cannot be searched, since "):
            read_space(f"{name}=1,2")


@given(st.text(alphabet="hidenlrat-_=:,.0123456789 log\n'", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        space = read_space(text)
    except InputError as error:
        space, message = None, str(error)
    assert space or message.startswith("search=")


@example(1e-4, "0.000123449:0.1:log")
@example(1e-1, "1e-4:0.0999951")
@given(st.floats(1e-4, 1e-1), st.sampled_from(["1e-4:1e-1", "0.000123449:0.1:log"]))
def test_a_number_of_a_range_is_short_and_stays_within(chosen: float, text: str) -> None:
    axis = read_space(f"learning-rate={text}")["learning_rate"]
    value = axis.value(min(max(chosen, axis.low), axis.high))
    assert axis.low <= value <= axis.high
    assert value == pytest.approx(min(max(chosen, axis.low), axis.high), rel=1e-3)
    assert float(axis.text(value)) == value


@pytest.mark.parametrize(
    ("text", "chosen", "value"),
    [("hidden=8:64", 20, (20,)), ("hidden=8,8-4,none", "none", ()), ("hidden=8,8-4", "8-4", (8, 4)),
     ("batch-size=8,all", "all", None), ("clip-norm=0,1", "0", None), ("clip-norm=0,1", "1", 1.0),
     ("activation=relu,tanh", "tanh", ("tanh",)), ("epochs=3:9", 4, 4), ("epochs=3,9", "9", 9)],
)  # fmt: skip
def test_a_point_stands_for_a_setting(text: str, chosen: object, value: object) -> None:
    (axis,) = read_space(text).values()
    assert axis.value(chosen) == value
    assert type(axis.value(chosen)) is type(value)
    assert axis.point(value) == (None if value is None and axis.choices == () else chosen)
