"""Modules and data that are not there, downloads, and training at the top level: what runs in their place."""

from pathlib import Path

import pytest

from doctor.networks import Style, write
from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.doctor import doctor_file

pytestmark = pytest.mark.slow  # a second or more each

ROWS = write(Style("rows", "tuple", "tanh", "softmax-ce", (5, 4, 3), True, False, False))
COUNTED = ROWS.replace("len(X)", "count").replace("X.shape[0]", "count")


def examine(tmp_path: Path, head: str, body: str = ROWS, tail: str = "") -> Diagnosis:
    path = tmp_path / "net.py"
    path.write_text(f"{head}\n{body}\n{tail}\n")
    return doctor_file(str(path))


@pytest.mark.parametrize(
    "data",
    [
        "import numpy as np\ncount, n = np.loadtxt('gone.csv', delimiter=',').shape",
        "import pandas as pd\ndata = pd.read_csv('gone.csv')\ncount = len(data.drop('label', axis=1).values)",
        "import pandas as pd\ndf = pd.read_csv('gone.csv').dropna()\ndf['Age'] = df['Age'].fillna(df['Age'].median())\n"
        "count, two = df[['Age', 'Fare']].values.shape\nassert two == 2",
        "from keras.datasets import mnist\n(X, y), (X2, y2) = mnist.load_data()\ncount = len(X) + len(X2)",
        "import tensorflow as tf\n(X, y), (X2, y2) = tf.keras.datasets.cifar10.load_data()\ncount = len(y) + len(y2)",
        "from torchvision import datasets, transforms\n"
        "data = datasets.MNIST('.', download=True, transform=transforms.ToTensor())\n"
        "count = len(data.data.numpy())",
        "from sklearn.datasets import fetch_openml\nX, y = fetch_openml('mnist_784', return_X_y=True)\ncount = len(X)",
        "import numpy as np\ndef load():\n    return np.load('X_train.npy')\ncount = load().shape[0]",
    ],
)
def test_data_that_are_not_there_have_stand_ins_that_are_not_judged(tmp_path: Path, data: str) -> None:
    diagnosis = examine(tmp_path, data, COUNTED)
    assert diagnosis.healthy, diagnosis
    assert any("small random data stand for it" in note for note in diagnosis.notes)
    assert not any("your data" in line for line in diagnosis.compared)


def test_nothing_is_said_of_data_that_are_made_up(tmp_path: Path) -> None:
    head = "from keras.datasets import mnist\n(X_train, y_train), _ = mnist.load_data()"
    diagnosis = examine(tmp_path, head, tail="train(X_train.reshape(-1, 784), y_train, 0.1, 100)")
    assert diagnosis.healthy, diagnosis  # the pixels are not scaled, but who knows those that the user has?


def test_stand_ins_have_the_shape_of_the_data_set(tmp_path: Path) -> None:
    head = (
        "import numpy as np\nfrom keras.datasets import mnist\nfrom sklearn.datasets import fetch_california_housing\n"
        "(X, y), (X2, y2) = mnist.load_data()\nhouses = fetch_california_housing()"
    )
    asserts = (
        "    assert X.shape[1:] == (28, 28) and X.max() > 200 and set(y) <= set(range(10))\n"
        "    assert houses.data.shape[1] == 8 and houses.target.dtype.kind == 'f'\n"
    )
    assert examine(tmp_path, head, ROWS.replace("    W1 = rng", f"{asserts}    W1 = rng")).healthy


def test_a_real_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "here.csv").write_text("1,2\n3,4\n")
    head = f"import numpy as np\ntable = np.loadtxt({str(tmp_path / 'here.csv')!r}, delimiter=',')"
    diagnosis = examine(tmp_path, head, ROWS.replace("    W1 = rng", "    assert table[1, 1] == 4\n    W1 = rng"))
    assert diagnosis.healthy
    assert not any("stand for it" in note for note in diagnosis.notes)


def test_weights_that_are_not_there_are_not_made_up(tmp_path: Path) -> None:
    diagnosis = examine(tmp_path, "", ROWS, "W1 = np.load('W1.npy')\ndef forward_again(): return W1")
    assert not any("stand for it" in note for note in diagnosis.notes)


def test_what_only_shows_something_does_nothing(tmp_path: Path) -> None:
    head = (
        "import matplotlib.pyplot as plt, seaborn as sns\nfrom tqdm import tqdm, trange\nfrom google.colab import files"
    )
    body = ROWS.replace(
        "    for epoch in range(epochs):",
        "    fig, (ax1, ax2) = plt.subplots(1, 2)\n    line, = ax1.plot([1])\n    sns.set()\n"
        "    for epoch in tqdm(range(epochs), desc='training'):",
    )
    diagnosis = examine(tmp_path, head, body)
    assert diagnosis.healthy
    assert any("run for 3 epochs" in line for line in diagnosis.compared)
    assert not any("not installed" in note for note in diagnosis.notes)


def test_a_module_that_is_missing_is_named(tmp_path: Path) -> None:
    diagnosis = examine(tmp_path, "import no_such_module as nsm\nfrom no_such_module.part import thing")
    assert diagnosis.healthy
    assert any(note.startswith("no_such_module is not installed") for note in diagnosis.notes)
    tried = "try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np\n"
    diagnosis = examine(tmp_path, tried, ROWS.replace("import numpy as np\n", ""))
    assert diagnosis.healthy
    assert not any("cupy" in note for note in diagnosis.notes)


@pytest.mark.parametrize(
    "training",
    [
        "train_it(layers, X, y, epochs=1000)",
        "history = train_it(layers, X, y)",
        "for k in range(10**9):\n    layers[0] = train_it(layers[0], X, y)",
        "while True:\n    layers.train(X)",
        "class Net: pass\nnet = Net()\nnet.fit(X, y)\nnet.layers = layers",
    ],
)
def test_training_at_the_top_level_is_not_run(tmp_path: Path, training: str) -> None:
    mark = tmp_path / "trained"
    (tmp_path / "helper.py").write_text(f"def train_it(*values, **named):\n    open({str(mark)!r}, 'w')\n")
    head = "import numpy as np\nfrom helper import train_it\nlayers = [np.ones(3)]\nX = y = np.ones((4, 5))\n"
    body = ROWS.replace("    W1 = rng", "    assert layers[0].sum() == 3\n    W1 = rng")
    assert examine(tmp_path, head + training, body).healthy
    assert not mark.exists()
