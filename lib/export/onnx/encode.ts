import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'protobufjs';
import { UserError } from '../../errors';
import type { Attribute, Constant, Graph, Node, Port } from './graph';

/** Version of ONNX's operators: the first one with layer normalisation. */
const opset = 17;

/** Version of the file format that belongs to this opset. */
const irVersion = 8;

/** A protobuf message cannot be larger. */
const maxBytes = 2 ** 31 - 1;

/** Returns an ONNX file. Throws a UserError if it would be larger than the format allows. */
export function encodeModel(graph: Graph, metadata: Readonly<Record<string, string>>): Uint8Array {
  const weightBytes = [...graph.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (weightBytes > maxBytes - 2 ** 24)
    throw new UserError(
      `${graph.name} has ${(weightBytes / 2 ** 30).toFixed(1)} GiB of weights, and an ONNX file holds at most 2 GiB. ` +
        'Export a smaller network.',
    );
  const model = modelMessage();
  return model.encode(model.fromObject(modelObject(graph, metadata))).finish();
}

/** The message type of a model, from ONNX's own schema. */
export function modelMessage(): ReturnType<ReturnType<typeof parse>['root']['lookupType']> {
  const schema = path.resolve('lib', 'export', 'onnx', 'onnx.proto');
  return parse(readFileSync(schema, 'utf8'), { keepCase: true }).root.lookupType('onnx.ModelProto');
}

function modelObject(graph: Graph, metadata: Readonly<Record<string, string>>): Record<string, unknown> {
  return {
    ir_version: irVersion,
    opset_import: [{ domain: '', version: opset }],
    producer_name: 'ofa-kd-notebooks',
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeObject),
      initializer: [...graph.weights].map(([name, constant]) => tensorObject(name, constant)),
      input: graph.inputs.map(portObject),
      output: graph.outputs.map(portObject),
    },
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
}

function nodeObject({ op, inputs, outputs, attributes }: Node): Record<string, unknown> {
  return {
    op_type: op,
    name: outputs[0],
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => ({ name, ...attributeObject(value) })),
  };
}

function attributeObject(value: Attribute): Record<string, unknown> {
  if ('int' in value) return { type: 'INT', i: value.int };
  return 'ints' in value ? { type: 'INTS', ints: [...value.ints] } : { type: 'FLOAT', f: value.float };
}

function tensorObject(name: string, { shape, data }: Constant): Record<string, unknown> {
  const type = data instanceof Float32Array ? 'FLOAT' : data instanceof Int32Array ? 'INT32' : 'INT64';
  return {
    name,
    dims: [...shape],
    data_type: dataTypes[type],
    raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function portObject({ name, shape }: Port): Record<string, unknown> {
  const dim = shape.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: dataTypes.FLOAT, shape: { dim } } } };
}

/** Values of TensorProto.DataType. The field is an integer in the schema. */
const dataTypes = { FLOAT: 1, INT32: 6, INT64: 7 } as const;
