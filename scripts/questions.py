"""The questions of docs/questions.md: each with the one command that answers it, and which of its lines do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question that a learner asks.

    ``command`` answers it and ends with exit code ``code``. Of what it prints, the page shows at most ``lines`` lines,
    from the first that holds ``begin``. ``said`` is what there is to see in them; ``picture`` is a file in docs/images
    that shows the same, and ``shows`` says what is on it.
    """

    text: str
    command: str
    said: str = ""
    begin: str = ""
    lines: int = 40
    picture: str = ""
    shows: str = ""
    code: int = 0


QUESTIONS = (
    Question(
        "What does it take to train a network?",
        "pellucid train --out runs/digits",
        "The data, the layers, a line an epoch, and the scores: the folder holds the rest.",
    ),
    Question(
        "Why is this a 9 and not a 4?",
        "pellucid explain --sample 359 --against 4 --only why --top 6",
        "The difference of the two scores is a sum over the last hidden layer: each term says which neuron spoke "
        "for the 9, and which for the 4.",
    ),
    Question(
        "How sure is the network, and what else could it be?",
        "pellucid predict digits/4/4.png digits/5/8.png",
        "The second picture is a 5 that is taken for a 6.",
    ),
    Question(
        "What happens between the pixels and the answer?",
        "pellucid explain --sample 0 --top 4",
        "Layer by layer, each line a formula, its numbers and its value; `--digits 17` shows every digit.",
        begin="What the network says",
        lines=30,
    ),
    Question(
        "What does that look like?",
        "pellucid plot activations --sample 0 --out activations.png",
        picture="activations.png",
        shows="A seven, the activations of each layer as bars, and the probabilities",
    ),
    Question(
        "What does neuron 7 look for?",
        "pellucid explain --sample 0 --layer 1 --neuron 7 --only terms --top 6",
        "In this seven it found the pixels with the largest terms w · x. What it looks for in general are its weights: "
        "[drawn below](#7-what-do-all-the-neurons-of-the-first-layer-look-for).",
    ),
    Question(
        "What do all the neurons of the first layer look for?",
        "pellucid plot weights --out weights.png",
        "Blue ink excites the neuron, orange ink silences it.",
        picture="weights.png",
        shows="The weights of 32 neurons as pictures",
    ),
    Question(
        "Which pixels does the answer hang on?",
        "pellucid plot saliency --sample 8 --out saliency.png",
        "The gradient of the loss on the input, from the same backward pass: where more ink would help or harm.",
        picture="saliency.png",
        shows="A five, and the pixels that speak for it (blue) and against it (orange)",
    ),
    Question(
        "What is δ of layer 2 made of?",
        "pellucid explain --sample 8 --layer 2 --neuron 15 --only backward --top 6",
        "Each class sends its own δ back, times the weight by which it listened to the neuron; the slope of the "
        "activation is the last factor.",
        lines=24,
    ),
    Question(
        "What is the chain rule, with numbers?",
        "pellucid explain --example three-neurons --only chain",
        "Every factor of the three-neuron chain by name.",
    ),
    Question(
        "And what is the gradient of the first weight?",
        "pellucid explain --example three-neurons --only multiplied",
        "The product of all factors on the way from the loss to it.",
    ),
    Question(
        "Why is back propagation run backwards?",
        "pellucid explain --example three-neurons --only backward --digits 4",
        "The products above share most of their factors. From the loss back, each δ is computed once and used again.",
    ),
    Question(
        "How does one weight change in one step, and does the loss fall?",
        "pellucid explain --sample 8 --learning-rate 0.001 --top 4",
        "`promised fall` is what the slope foretold for a step so small that the slope stays the same.",
        begin="How its weights change",
        lines=18,
    ),
    Question(
        "Which weights moved most in training?",
        "pellucid explain runs/digits --moved --only moved --top 3",
    ),
    Question(
        "Why matrices? Are loops not clearer?",
        "pellucid explain --example vectorization --only faster",
        "The numbers are the same; the time is not.",
    ),
    Question(
        "Is back propagation right?",
        "pellucid check runs/digits",
        "Each gradient beside the difference of the loss when its parameter is moved a little, in float64.",
    ),
    Question(
        "Is my own network's code right?",
        "pellucid doctor examples/my_network.py",
        "It runs your functions, measures each gradient against differences of your own loss, and compares.",
    ),
    Question(
        "My own network does not learn. What is wrong with it?",
        "pellucid doctor examples/patients/11_all_of_them.py",
        "This one has the faults of the article's code, all at once; [docs/doctor.md](doctor.md) has each alone.",
        code=1,
    ),
    Question(
        "Is it the learning rate?",
        "pellucid lr-find",
        "From far too small to far too large in 200 steps: where the loss falls fastest and where it is lowest.\n"
        "What lies between is tried beside the usual rate, and the best is suggested.",
    ),
    Question(
        "What happens if the learning rate is far too large?",
        "pellucid train --learning-rate 300 --clip-norm 0 --schedule constant --epochs 2 --quiet --out runs/large",
        "Where a loss becomes no number at all, training stops, and the last good checkpoint is kept.",
    ),
    Question(
        "And if it is far too small?",
        "pellucid train --learning-rate 0.0001 --schedule constant --epochs 3 --quiet --out runs/small",
        "The note stands on standard error, and in the report. A training in which nothing is wrong has none.",
    ),
    Question(
        "Do my neurons die?",
        "pellucid plot runs/digits gradients --out gradients.png",
        "Right: the share of neurons through which no gradient passes any more; here it is none. Left: whether the "
        "gradient reaches the first layer at all.",
        picture="gradients.png",
        shows="Size of the gradient and share of dead neurons, layer by layer, over training",
    ),
    Question(
        "Does it learn the data by heart?",
        "pellucid plot runs/digits history --out history.png",
        "If it did, the dev loss would rise while the training loss falls.",
        picture="history.png",
        shows="Loss and accuracy by epoch",
    ),
    Question(
        "How would I notice if it did?",
        "pellucid train few.npz --dev 0.8 --hidden 64,32 --optimizer adam --schedule constant --epochs 60 -q --out few",
        "60 digits for 52,650 parameters; `train` says so itself.",
    ),
    Question(
        "How good is it, class by class?",
        "pellucid evaluate runs/digits",
    ),
    Question(
        "Which digits does it take for one another?",
        "pellucid plot runs/digits confusion --out confusion.png",
        picture="confusion.png",
        shows="The confusion matrix of 10,000 test digits",
    ),
    Question(
        "Where is it most wrong?",
        "pellucid plot runs/digits mistakes --top 8 --out mistakes.png",
        picture="mistakes.png",
        shows="Eight digits and the probabilities that the network gave them",
    ),
    Question(
        "What do the data look like?",
        "pellucid plot digits --top 30 --out digits.png",
        picture="digits.png",
        shows="Thirty digits with what the network takes them for",
    ),
    Question(
        "What is connected with what?",
        "pellucid plot architecture --out architecture.png",
        picture="architecture.png",
        shows="The network's strongest neurons and weights",
    ),
    Question(
        "What does the loss look like around the trained network, and how did training get there?",
        "pellucid landscape runs/digits --out landscape.html --out landscape.png",
        "On the page, point at any network, play the way of training, turn the hills: with mouse, finger or keys.",
        picture="landscape.png",
        shows="The loss on the plane of the path's two main directions, with the path",
    ),
    Question(
        "Do hidden layers matter?",
        "pellucid train --hidden none --out runs/flat",
        "A single layer finds what one weighted sum of pixels for each class can find.",
        begin="epoch",
        lines=12,
    ),
    Question(
        "What did the article's own recipe do?",
        "pellucid train --recipe article --epochs 50 --out runs/article",
        "Fifty of its 500 iterations; [docs/errata.md](errata.md) has all of them, and what each correction buys.",
        begin="Iteration",
        lines=9,
    ),
    Question(
        "All of a run on one page?",
        "pellucid report runs/digits --out report.html",
        "`train` has written it already, to `runs/digits/report.html`.",
    ),
    Question(
        "How fast is it, and how fast could it be?",
        "pellucid benchmark",
    ),
)
