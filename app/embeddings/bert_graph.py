"""A BERT encoder as an ONNX graph with int8 weights, written from its safetensors weights without torch.

Each linear layer is one operator of onnxruntime, `MatMulNBits`: weights have one scale per output and block of inputs,
activations one per token and block, computed as they come. So a few large activations spoil no others, and a text's
vector does not depend on what shares its batch, which a scale per tensor (the usual dynamic quantisation) would bring
about. Attention is one operator too: for a short text, starting many small ones takes longer than what they do.
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
_RUNTIME = "com.microsoft"
_LIMIT = 127
# Weights are stored from 0 to 255, and this is their zero.
_ZERO = 128
# Inputs that share a scale. With 128, onnxruntime 1.31 multiplies the last row of an odd number differently, so that
# vectors depend on their company; 32 is slower and hardly nearer.
_BLOCK = 64
# Multiply as integers: without it the weights are turned into floats first.
_INTEGERS = 4


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
        hidden, mask = self._embeddings(), self._cast("attention_mask", TensorProto.INT32)
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
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_RUNTIME, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        model.producer_name, model.producer_version = "", ""
        onnx.checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _embeddings(self) -> str:
        """Words from an int8 table with one scale per row; positions, to which the one token type is added here."""
        table = self._weights["embeddings.word_embeddings.weight"]
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / _LIMIT
        rows = self._op("Gather", self._constant("words", np.rint(table / scales).astype(np.int8)), "input_ids")
        scale = self._op("Gather", self._constant("word_scales", scales.astype(np.float32)), "input_ids")
        words = self._op("Mul", self._cast(rows, TensorProto.FLOAT), scale)
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]
        length = self._op("Shape", "input_ids", start=1, end=2)
        start = self._constant("zero", np.array([0], dtype=np.int64))
        used = self._op("Slice", self._constant("places", places.astype(np.float32)), start, length)
        return self._norm("embeddings.LayerNorm", self._op("Add", words, used))

    def _layer(self, name: str, hidden: str, mask: str) -> str:
        attended = self._attention(f"{name}.attention", hidden, mask)
        raised = self._op("Gelu", self._linear([f"{name}.intermediate.dense"], attended))
        lowered = self._linear([f"{name}.output.dense"], raised)
        return self._norm(f"{name}.output.LayerNorm", self._op("Add", lowered, attended))

    def _attention(self, name: str, hidden: str, mask: str) -> str:
        joined = self._linear([f"{name}.self.{part}" for part in ("query", "key", "value")], hidden)
        parts = [f"{joined}.{at}" for at in range(3)]
        self._nodes.append(helper.make_node("Split", [joined], parts, axis=-1, num_outputs=3))
        mixed = self._op("MultiHeadAttention", *parts, "", mask, domain=_RUNTIME, num_heads=self._shape.heads)
        result = self._linear([f"{name}.output.dense"], mixed)
        # Not the operator that adds and normalises at once: it takes several times as long as the two.
        return self._norm(f"{name}.output.LayerNorm", self._op("Add", result, hidden))

    def _linear(self, names: list[str], hidden: str) -> str:
        """`hidden` times the weights of `names`, side by side, plus their biases."""
        rows = np.concatenate([self._weights[f"{name}.weight"] for name in names])
        bias = np.concatenate([self._weights[f"{name}.bias"] for name in names])
        outputs, inputs = rows.shape
        blocks = np.pad(rows, ((0, 0), (0, -inputs % _BLOCK))).reshape(outputs, -1, _BLOCK)
        scales = np.maximum(np.abs(blocks).max(axis=2), 1e-12) / _LIMIT
        integers = np.rint(blocks / scales[:, :, None]) + _ZERO
        return self._op(
            "MatMulNBits",
            hidden,
            self._constant(f"{names[0]}.integers", integers.astype(np.uint8)),
            self._constant(f"{names[0]}.scales", scales.astype(np.float32)),
            "",
            "",
            self._constant(f"{names[0]}.bias", bias.astype(np.float32)),
            domain=_RUNTIME,
            K=inputs,
            N=outputs,
            bits=8,
            block_size=_BLOCK,
            accuracy_level=_INTEGERS,
        )

    def _norm(self, name: str, hidden: str) -> str:
        scale = self._constant(f"{name}.weight", self._weights[f"{name}.weight"])
        shift = self._constant(f"{name}.bias", self._weights[f"{name}.bias"])
        return self._op("LayerNormalization", hidden, scale, shift, axis=-1, epsilon=self._shape.layer_norm_eps)

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
