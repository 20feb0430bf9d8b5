"""A BERT encoder as an ONNX graph with int8 weights, written from its safetensors weights without torch.

Inputs are taken in blocks. In each, weights have one scale per output and activations one per token, computed as they
come. So a few large activations spoil no others, and a text's vector does not depend on what shares its batch, which a
scale per tensor (the usual dynamic quantisation) would bring about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, NDArray[np.float32]]

_OPSET = 20
# Written into the file: newer packages may not change its bytes, nor older runtimes refuse it.
_IR_VERSION = 10
# 7 bits: CPUs without VNNI add pairs of products in 16 bits, and 255 * 63 * 2 still fits.
_WEIGHT_LIMIT = 63
_ACTIVATION_LIMIT = 127
# Inputs that share scales: half of the smallest usual width.
_BLOCK = 192


@dataclass(frozen=True, slots=True)
class BertShape:
    """What the weights do not say about a BERT model."""

    layers: int
    heads: int
    layer_norm_eps: float


def bert_graph(weights: Weights, shape: BertShape) -> bytes:
    """The serialised model: `input_ids`, `attention_mask` (b, s) int64 -> `token_embeddings` (b, s, width) float32.

    Equal weights give equal bytes. Raises `KeyError` naming a weight that is missing.
    """
    return _Writer(weights, shape).write()


class _Writer:
    """Appends nodes and weights in the order of the forward pass."""

    def __init__(self, weights: Weights, shape: BertShape) -> None:
        self._weights = weights
        self._shape = shape
        self._width = int(weights["embeddings.word_embeddings.weight"].shape[1])
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def write(self) -> bytes:
        hidden, mask = self._embeddings(), self._mask()
        for number in range(self._shape.layers):
            hidden = self._layer(f"encoder.layer.{number}", hidden, mask)
        self._nodes.append(helper.make_node("Identity", [hidden], ["token_embeddings"]))
        tokens = ["batch", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, tokens)
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, [*tokens, self._width])],
            list(self._constants.values()),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        model.producer_name, model.producer_version = "", ""
        onnx.checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _embeddings(self) -> str:
        """Words from an int8 table with one scale per row; positions, to which the one token type is added here."""
        table = self._weights["embeddings.word_embeddings.weight"]
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / _ACTIVATION_LIMIT
        rows = self._op("Gather", self._constant("words", np.rint(table / scales).astype(np.int8)), "input_ids")
        scale = self._op("Gather", self._constant("word_scales", scales.astype(np.float32)), "input_ids")
        words = self._op("Mul", self._cast(rows, TensorProto.FLOAT), scale)
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]
        length = self._op("Shape", "input_ids", start=1, end=2)
        start = self._constant("zero", np.array([0], dtype=np.int64))
        used = self._op("Slice", self._constant("places", places.astype(np.float32)), start, length)
        return self._norm("embeddings.LayerNorm", self._op("Add", words, used))

    def _mask(self) -> str:
        """0 where there is a token and a large negative number where there is padding, (b, 1, 1, s)."""
        present = self._cast("attention_mask", TensorProto.FLOAT)
        absent = self._op("Sub", self._constant("one", np.array(1, dtype=np.float32)), present)
        scores = self._op("Mul", absent, self._constant("never", np.array(-1e9, dtype=np.float32)))
        return self._op("Unsqueeze", scores, self._constant("axes", np.array([1, 2], dtype=np.int64)))

    def _layer(self, name: str, hidden: str, mask: str) -> str:
        attended = self._attention(f"{name}.attention", hidden, mask)
        raised = self._op("Gelu", self._linear([f"{name}.intermediate.dense"], attended))
        lowered = self._linear([f"{name}.output.dense"], raised)
        return self._norm(f"{name}.output.LayerNorm", self._op("Add", lowered, attended))

    def _attention(self, name: str, hidden: str, mask: str) -> str:
        heads, width = self._shape.heads, self._width // self._shape.heads
        joined = self._linear([f"{name}.self.{part}" for part in ("query", "key", "value")], hidden)
        parts = self._reshape(joined, "joined", (0, 0, 3, heads, width))
        moved = self._op("Transpose", parts, perm=[2, 0, 3, 1, 4])
        query, key, value = (
            self._op("Gather", moved, self._constant(f"part{at}", np.array(at, dtype=np.int64)), axis=0)
            for at in range(3)
        )
        # The scale 1 / sqrt(width) is already in the weights of the query.
        scores = self._op("Add", self._op("MatMul", query, self._op("Transpose", key, perm=[0, 1, 3, 2])), mask)
        mixed = self._op("MatMul", self._op("Softmax", scores, axis=-1), value)
        flat = self._reshape(self._op("Transpose", mixed, perm=[0, 2, 1, 3]), "flat", (0, 0, self._width))
        result = self._linear([f"{name}.output.dense"], flat)
        return self._norm(f"{name}.output.LayerNorm", self._op("Add", result, hidden))

    def _linear(self, names: list[str], hidden: str) -> str:
        """`hidden` times the weights of `names`, side by side, plus their biases."""
        columns = np.concatenate([self._column(f"{name}.weight") for name in names], axis=1)
        bias = np.concatenate([self._column(f"{name}.bias") for name in names])
        result = self._constant(f"{names[0]}.bias", bias.astype(np.float32))
        count = max(1, len(columns) // _BLOCK) if len(columns) % _BLOCK == 0 else 1
        blocks = [f"n{len(self._nodes)}.{at}" for at in range(count)]
        self._nodes.append(helper.make_node("Split", [hidden], blocks, axis=-1, num_outputs=count))
        for at, (block, rows) in enumerate(zip(blocks, np.split(columns, count), strict=True)):
            result = self._op("Add", self._product(f"{names[0]}.{at}", block, rows), result)
        return result

    def _product(self, name: str, block: str, rows: NDArray[np.float32]) -> str:
        """`block` times `rows`, multiplied as integers."""
        scales = np.maximum(np.abs(rows).max(axis=0), 1e-12) / _WEIGHT_LIMIT
        integers = self._constant(f"{name}.integers", np.rint(rows / scales).astype(np.int8))
        largest = self._op("ReduceMax", self._op("Abs", block), self._constant("last", np.array([-1])), keepdims=1)
        step = self._constant("step", np.array(1 / _ACTIVATION_LIMIT, dtype=np.float32))
        tiny = self._constant("tiny", np.array(1e-12, dtype=np.float32))
        unit = self._op("Max", self._op("Mul", largest, step), tiny)
        middle = self._constant("middle", np.array(128, dtype=np.float32))
        shifted = self._op("Add", self._op("Round", self._op("Div", block, unit)), middle)
        zero = self._constant("zero_point", np.array(128, dtype=np.uint8))
        product = self._op("MatMulInteger", self._cast(shifted, TensorProto.UINT8), integers, zero)
        scaled = self._op("Mul", self._cast(product, TensorProto.FLOAT), unit)
        return self._op("Mul", scaled, self._constant(f"{name}.scales", scales.astype(np.float32)))

    def _column(self, name: str) -> NDArray[np.float32]:
        weight = self._weights[name].T
        if ".self.query." in name:
            weight = weight / np.float32(np.sqrt(self._width // self._shape.heads))
        return weight

    def _norm(self, name: str, hidden: str) -> str:
        scale = self._constant(f"{name}.weight", self._weights[f"{name}.weight"])
        shift = self._constant(f"{name}.bias", self._weights[f"{name}.bias"])
        return self._op("LayerNormalization", hidden, scale, shift, axis=-1, epsilon=self._shape.layer_norm_eps)

    def _reshape(self, tensor: str, name: str, shape: tuple[int, ...]) -> str:
        return self._op("Reshape", tensor, self._constant(name, np.array(shape, dtype=np.int64)))

    def _cast(self, tensor: str, kind: int) -> str:
        return self._op("Cast", tensor, to=kind)

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(value.copy(order="C"), name)
        return name

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401 - attributes are of any kind
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name
