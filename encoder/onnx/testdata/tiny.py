"""Writes tiny.onnx, a model of two inputs whose outputs have the right shape, a wrong shape and a wrong type.

    pip install onnx
    python tiny.py
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])
mask = helper.make_tensor_value_info("mask", TensorProto.INT64, [1, "tokens"])
outputs = [
    helper.make_tensor_value_info("states", TensorProto.FLOAT, [1, "tokens", 2]),
    helper.make_tensor_value_info("pooled", TensorProto.FLOAT, [1, 2]),
    helper.make_tensor_value_info("numbers", TensorProto.INT64, [1, "tokens", 1]),
    helper.make_tensor_value_info("zeros", TensorProto.FLOAT, [1, "tokens", 2]),
]
# The state of a token is (its id, 1 where the mask is 1).
nodes = [
    helper.make_node("Unsqueeze", ["ids", "last"], ["numbers"]),
    helper.make_node("Unsqueeze", ["mask", "last"], ["masks"]),
    helper.make_node("Concat", ["numbers", "masks"], ["pairs"], axis=2),
    helper.make_node("Cast", ["pairs"], ["states"], to=TensorProto.FLOAT),
    helper.make_node("ReduceMean", ["states", "middle"], ["pooled"], keepdims=0),
    helper.make_node("Sub", ["states", "states"], ["zeros"]),
]
axes = [numpy_helper.from_array(np.array([2]), "last"), numpy_helper.from_array(np.array([1]), "middle")]
graph = helper.make_graph(nodes, "tiny", [ids, mask], outputs, initializer=axes)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
checker.check_model(model)
save(model, "tiny.onnx")
