"""Writes cross.onnx, a cross-encoder that can be checked by hand: it counts the pairs of equal tokens, one of each text.

    pip install onnx
    python cross.py

Its outputs are the count as one value, the count as the second of two values, and three values, which is one too many.
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in ("input_ids", "attention_mask", "token_type_ids")]
outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", n]) for name, n in (("logits", 1), ("both", 2), ("three", 3))]
nodes = [
    helper.make_node("Unsqueeze", ["input_ids", "last"], ["rows"]),
    helper.make_node("Unsqueeze", ["input_ids", "middle"], ["columns"]),
    helper.make_node("Equal", ["rows", "columns"], ["equal"]),
    helper.make_node("Cast", ["equal"], ["same"], to=TensorProto.FLOAT),
    helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
    helper.make_node("Cast", ["token_type_ids"], ["second"], to=TensorProto.FLOAT),
    helper.make_node("Sub", ["mask", "second"], ["first"]),
    helper.make_node("Unsqueeze", ["first", "last"], ["question"]),
    helper.make_node("Unsqueeze", ["second", "middle"], ["text"]),
    helper.make_node("Mul", ["question", "text"], ["between"]),
    helper.make_node("Mul", ["same", "between"], ["pairs"]),
    helper.make_node("ReduceSum", ["pairs", "inner"], ["counts"], keepdims=0),
    helper.make_node("Unsqueeze", ["counts", "middle"], ["logits"]),
    helper.make_node("Neg", ["logits"], ["against"]),
    helper.make_node("Concat", ["against", "logits"], ["both"], axis=1),
    helper.make_node("Concat", ["logits", "logits", "logits"], ["three"], axis=1),
]
constants = {"last": [2], "middle": [1], "inner": [1, 2]}
graph = helper.make_graph(nodes, "cross", inputs, outputs, initializer=[numpy_helper.from_array(np.array(v), k) for k, v in constants.items()])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
checker.check_model(model)
save(model, "cross.onnx")
