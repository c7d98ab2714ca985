//! CBOR values as Automerge values, and back: every field of a record stands in
//! the document under its own name, so that any Automerge reader finds it.

use super::DocumentError;
use crate::cbor::Value;
use automerge::transaction::Transactable;
use automerge::{AutoCommit, ObjId, ObjType, ReadDoc, ScalarValue};

/// Writes the fields of a map, in canonical key order.
pub fn write_fields(
    document: &mut AutoCommit,
    object: &ObjId,
    value: &Value,
) -> Result<(), DocumentError> {
    let Value::Map(fields) = value else { return Err(DocumentError::Form) };
    for (key, value) in fields {
        match value {
            Value::Map(_) => {
                let child = document.put_object(object, key, ObjType::Map)?;
                write_fields(document, &child, value)?;
            }
            Value::Array(items) => {
                let child = document.put_object(object, key, ObjType::List)?;
                write_items(document, &child, items)?;
            }
            scalar => document.put(object, key, scalar_value(scalar)?)?,
        }
    }
    Ok(())
}

fn write_items(
    document: &mut AutoCommit,
    list: &ObjId,
    items: &[Value],
) -> Result<(), DocumentError> {
    for (at, item) in items.iter().enumerate() {
        match item {
            Value::Map(_) => {
                let child = document.insert_object(list, at, ObjType::Map)?;
                write_fields(document, &child, item)?;
            }
            Value::Array(items) => {
                let child = document.insert_object(list, at, ObjType::List)?;
                write_items(document, &child, items)?;
            }
            scalar => document.insert(list, at, scalar_value(scalar)?)?,
        }
    }
    Ok(())
}

fn scalar_value(value: &Value) -> Result<ScalarValue, DocumentError> {
    Ok(match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(bool) => ScalarValue::Boolean(*bool),
        Value::Int(int) => ScalarValue::Int(*int),
        Value::Bytes(bytes) => ScalarValue::Bytes(bytes.clone()),
        Value::Text(text) => ScalarValue::Str(text.as_str().into()),
        Value::Array(_) | Value::Map(_) => return Err(DocumentError::Form),
    })
}

/// Reads the map or list at `object` back.
pub fn read(document: &AutoCommit, object: &ObjId) -> Result<Value, DocumentError> {
    let child = |value: automerge::Value<'_>, id: &ObjId| match value {
        automerge::Value::Object(_) => read(document, id),
        automerge::Value::Scalar(scalar) => read_scalar(&scalar),
    };
    match document.object_type(object)? {
        ObjType::Map => {
            let mut fields = Vec::new();
            for item in document.map_range(object, ..) {
                let id = item.id();
                let key = item.key.to_string();
                fields.push((key, child(item.value.into_value(), &id)?));
            }
            Ok(Value::Map(Vec::new()).with(fields))
        }
        ObjType::List => {
            let length = document.length(object);
            let items = (0..length).map(|at| {
                let (value, id) = document.get(object, at)?.ok_or(DocumentError::Form)?;
                child(value, &id)
            });
            Ok(Value::Array(items.collect::<Result<_, _>>()?))
        }
        _ => Err(DocumentError::Form),
    }
}

fn read_scalar(scalar: &ScalarValue) -> Result<Value, DocumentError> {
    Ok(match scalar {
        ScalarValue::Null => Value::Null,
        ScalarValue::Boolean(bool) => Value::Bool(*bool),
        ScalarValue::Int(int) => Value::Int(*int),
        ScalarValue::Bytes(bytes) => Value::Bytes(bytes.clone()),
        ScalarValue::Str(text) => Value::Text(text.to_string()),
        _ => return Err(DocumentError::Form),
    })
}
