/**
 * An ONNX graph that finds nearest rows, as scripts/neighbour_graph.py wrote it: inputs queries
 * [b, d], rows [n, d] and k [1]; outputs values [b, k] (dot products, largest first; of equal
 * ones the lower row first) and indices [b, k].
 */
export const neighbourGraph = Buffer.from(
  'CAgSCWVkZ2VtaW5lcjr9AQoyCgdxdWVyaWVzCgRyb3dzEgxzaW1pbGFyaXRpZXMiBEdlbW0qDQoGdHJhbnNCGAGg' +
    'AQIKNwoMc2ltaWxhcml0aWVzCgFrEgZ2YWx1ZXMSB2luZGljZXMiBFRvcEsqDQoGc29ydGVkGAGgAQISB25lYXJl' +
    'c3RaGwoHcXVlcmllcxIQCg4IARIKCgMSAWIKAxIBZFoYCgRyb3dzEhAKDggBEgoKAxIBbgoDEgFkWg8KAWsSCgoI' +
    'CAcSBAoCCAFiHQoGdmFsdWVzEhMKEQgBEg0KAxIBYgoGEgRrZXB0Yh4KB2luZGljZXMSEwoRCAcSDQoDEgFiCgYS' +
    'BGtlcHRCBAoAEBE=',
  'base64',
);
