"""The network: what it grows from, its committee, and its fused normalization."""

import keras
import numpy as np
import pytest

from training import network
from training.litert import convert
from training.recipe import Settings


def test_the_graph_adds_the_background_to_what_is_no_digit() -> None:
    networks = [network.build()]
    ink = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    odds = np.exp(networks[0].predict(ink, verbose=0) / 0.7)
    odds[:, 10] += np.exp(2.5)
    served = network.committee(networks, 0.7, 2.5).predict(ink, verbose=0)
    np.testing.assert_allclose(served, odds / odds.sum(axis=1, keepdims=True), atol=1e-5)


def test_the_committee_has_eleven_classes_and_fits_in_four_megabytes() -> None:
    model = network.committee([network.build() for _ in range(Settings().members)], 1.0)
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, network.CLASSES)
    assert len(convert(model, quantize=True)) < 4_000_000


def test_a_deeper_network_begins_as_what_it_grew_from() -> None:
    ink = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    shallow, deep = network.build((0, 1, 2)), network.build((1, 2, 2))
    for layer in shallow.layers:
        layer.set_weights(
            [np.random.default_rng(7).uniform(0, 0.5, one.shape) for one in layer.get_weights()]
        )
    network.grow(deep, shallow)
    np.testing.assert_allclose(deep.predict(ink, verbose=0), shallow.predict(ink, verbose=0), rtol=1e-4)
    with pytest.raises(ValueError, match="no place for the weights of at14_block2_close"):
        network.grow(shallow, deep)


def test_a_committee_is_the_mean_of_its_members_logits() -> None:
    networks = [network.build() for _ in range(3)]
    ink = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    logits = np.mean([one.predict(ink, verbose=0) for one in networks], axis=0) / 0.5
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    served = network.committee(networks, 0.5)
    np.testing.assert_allclose(served.predict(ink, verbose=0), expected, atol=1e-5)
    assert [one.name for one in network.members(served)] == ["member_1", "member_2", "member_3"]


def test_the_fused_normalization_is_keras_own() -> None:
    inputs = np.random.default_rng(0).normal(2, 3, (64, 5, 5, 7)).astype(np.float32)
    fused, plain = network.FusedBatchNormalization(), keras.layers.BatchNormalization()
    for layer in (fused, plain):
        layer.build(inputs.shape)
        layer.set_weights([np.linspace(lowest, 2, 7, dtype=np.float32) for lowest in (1, -1, 0, 1)])
    for training in (True, False):
        np.testing.assert_allclose(
            fused(inputs, training=training), plain(inputs, training=training), rtol=1e-3, atol=1e-3
        )
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3)  # the fused variance is the unbiased one


def test_a_blend_lies_between_what_was_and_what_was_learned() -> None:
    first, trained = [np.zeros(3, np.float32)], [np.full(3, 4, np.float32)]
    for kept, expected in ((0.0, 4), (0.25, 3), (1.0, 0)):
        np.testing.assert_array_equal(network.blend(first, trained, kept)[0], expected)
