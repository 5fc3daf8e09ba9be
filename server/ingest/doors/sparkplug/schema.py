"""The Sparkplug B payload as protobuf messages, described from the field numbers of the specification, chapter 6.4.

Texts are declared as bytes, which are the same on the wire: whether they are UTF-8 is for us to judge, not for a parser to
raise. What we never read (data sets, templates, metadata) is not described; a parser passes it over.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TYPE = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "anxiao.sparkplug"

# Message -> field -> number and type. A field of the group "value" is one of those of which only one is set.
_FIELDS: dict[str, tuple[tuple[str, int, str], ...]] = {
    "PropertyValue": (("type", 1, "uint32"), ("is_null", 2, "bool"), ("string_value", 8, "bytes")),
    "PropertySet": (("keys", 1, "bytes*"), ("values", 2, "PropertyValue*")),
    "Metric": (
        ("name", 1, "bytes"),
        ("alias", 2, "uint64"),
        ("timestamp", 3, "uint64"),
        ("datatype", 4, "uint32"),
        ("is_historical", 5, "bool"),
        ("is_null", 7, "bool"),
        ("properties", 9, "PropertySet"),
        ("int_value", 10, "uint32|"),
        ("long_value", 11, "uint64|"),
        ("float_value", 12, "float|"),
        ("double_value", 13, "double|"),
        ("boolean_value", 14, "bool|"),
        ("string_value", 15, "bytes|"),
        ("bytes_value", 16, "bytes|"),
    ),
    "Payload": (
        ("timestamp", 1, "uint64"),
        ("metrics", 2, "Metric*"),
        ("seq", 3, "uint64"),
        ("uuid", 4, "bytes"),
        ("body", 5, "bytes"),
    ),
}
_TYPES = {
    "uint32": _TYPE.TYPE_UINT32,
    "uint64": _TYPE.TYPE_UINT64,
    "float": _TYPE.TYPE_FLOAT,
    "double": _TYPE.TYPE_DOUBLE,
    "bool": _TYPE.TYPE_BOOL,
    "bytes": _TYPE.TYPE_BYTES,
}


def _build() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="anxiao/sparkplug.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        if any(kind.endswith("|") for _, _, kind in fields):
            message.oneof_decl.add(name="value")
        for field, number, told in fields:
            kind = told.rstrip("*|")
            made = message.field.add(name=field, number=number)
            made.label = _TYPE.LABEL_REPEATED if told.endswith("*") else _TYPE.LABEL_OPTIONAL
            if kind in _TYPES:
                made.type = _TYPES[kind]
            else:
                made.type, made.type_name = _TYPE.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            if told.endswith("|"):
                made.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


PayloadMessage: Any = _build()  # The class is made at run time, so no type can be told of it.
