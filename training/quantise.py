"""Stores an ONNX graph's large weights in 8 bits (or 16-bit floats); a Cast and a Mul restore them, so any runtime can read them."""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 1024


def output_axes(graph):
    """By weight name: the axis that has one scale an entry."""
    axes = {}
    for node in graph.node:
        if node.op_type in ("Conv", "Gather"):
            axes[node.input[1 if node.op_type == "Conv" else 0]] = 0
        elif node.op_type == "MatMul":
            axes[node.input[1]] = 1
        elif node.op_type == "Gemm":
            transposed = any(each.name == "transB" and each.i for each in node.attribute)
            axes[node.input[1]] = 0 if transposed else 1
    return axes


def eight_bits(name, values, axis):
    """Initialisers and nodes for 8-bit weights with a scale for each entry of `axis`."""
    others = tuple(each for each in range(values.ndim) if each != axis)
    scale = numpy.maximum(numpy.abs(values).max(others, keepdims=True), 1e-8) / 127
    stored = numpy.rint(values / scale).astype(numpy.int8)
    initialisers = [numpy_helper.from_array(stored, f"{name}_q"), numpy_helper.from_array(scale.astype(numpy.float32), f"{name}_scale")]
    nodes = [helper.make_node("Cast", [f"{name}_q"], [f"{name}_f"], to=TensorProto.FLOAT),
             helper.make_node("Mul", [f"{name}_f", f"{name}_scale"], [name])]
    return initialisers, nodes


def sixteen_bits(name, values):
    """An initialiser of 16-bit floats and the node that widens it."""
    return [numpy_helper.from_array(values.astype(numpy.float16), f"{name}_h")], [helper.make_node("Cast", [f"{name}_h"], [name], to=TensorProto.FLOAT)]


def shrink(model, bits):
    """The model with its large float weights stored in 8 or 16 bits."""
    graph, axes = model.graph, output_axes(model.graph)
    kept, before = [], []
    for each in graph.initializer:
        values = numpy_helper.to_array(each)
        if values.dtype != numpy.float32 or values.size <= SMALLEST or values.ndim < 2:
            kept.append(each)
            continue
        eight = bits == 8 and each.name in axes
        initialisers, nodes = eight_bits(each.name, values, axes[each.name]) if eight else sixteen_bits(each.name, values)
        kept += initialisers
        before += nodes
    nodes = before + list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
