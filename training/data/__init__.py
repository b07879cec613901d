"""Pictures to train on and to hold out: MNIST, made examples, sets of other people's, your own."""
