"""Makes the model: data, examples, network, training, export, evaluation, report."""
