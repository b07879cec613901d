"""Pictures to train on and to hold out: MNIST, made examples, other people's sets, corrections."""
