"""The making of the model: drawings, data, recipe, training, export, evaluation, card."""
