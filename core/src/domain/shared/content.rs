//! The words of an item: from what its author writes to a body, and from a body to its parts.

use super::form::{Description, Form, Holds, Part, Role, Section, Wish};
use crate::cbor::Value;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::id::{ItemDraftId, ItemId};
use crate::limits;
use crate::text;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One part of an item's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ItemPart {
    /// Which.
    pub section: Section,
    /// What it says: one text, or several where the part is a list.
    pub texts: Vec<String>,
}

/// What its author writes.
///
/// ```
/// use amends::{Form, NewItem, Wish};
/// let note = NewItem { wish: Some(Wish::Listen), ..NewItem::words(Form::Hurt, "I felt alone.") };
/// assert_eq!(note.parts.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct NewItem {
    /// What it is.
    pub form: Form,
    /// The item that it is about.
    #[serde(default)]
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub about: Option<ItemId>,
    /// What its author wishes, where the form asks that.
    #[serde(default)]
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub wish: Option<Wish>,
    /// Its author's own part, where the form asks that.
    #[serde(default)]
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub role: Option<Role>,
    /// Its parts.
    pub parts: Vec<ItemPart>,
}

impl NewItem {
    /// One text, and nothing else.
    pub fn words(form: Form, words: &str) -> Self {
        let parts = vec![ItemPart { section: Section::Text, texts: vec![words.to_owned()] }];
        Self { form, about: None, wish: None, role: None, parts }
    }
}

/// An item that its author keeps to themselves, in the vault, until they offer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ItemDraft {
    /// Its id in the vault.
    pub id: ItemDraftId,
    /// What it says so far.
    pub item: NewItem,
}

/// What an item says, in NFC and within its limits, whether or not it is whole yet.
///
/// # Errors
/// `PartUnknown`, `AnswerInvalid` for a word of no list, those of a text.
pub fn written(new: &NewItem) -> Result<NewItem, Refusal> {
    let described = new.form.described();
    let mut item = NewItem { parts: Vec::new(), ..new.clone() };
    if (new.wish.is_some() && !described.wish) || (new.role.is_some() && !described.role) {
        return Err(RefusalCode::PartUnknown.into());
    }
    let mut scalars = 0;
    for part in &new.parts {
        let known = described.parts.iter().find(|known| known.section == part.section);
        let known = known.ok_or(RefusalCode::PartUnknown)?;
        if item.parts.iter().any(|before| before.section == part.section) {
            return Err(RefusalCode::PartUnknown.into());
        }
        let texts = texts_of(known, &part.texts)?;
        scalars += texts.iter().map(|text| text.chars().count()).sum::<usize>();
        item.parts.push(ItemPart { section: part.section, texts });
    }
    if scalars > limits::ITEM_SCALARS {
        return Err(RefusalCode::TextTooLong.into());
    }
    Ok(item)
}

fn texts_of(part: &Part, texts: &[String]) -> Result<Vec<String>, Refusal> {
    let one = part.holds.one();
    if texts.is_empty() {
        return Err(RefusalCode::TextEmpty.into());
    }
    if texts.len() > if one { 1 } else { limits::ITEM_TEXTS } {
        return Err(RefusalCode::TextTooLong.into());
    }
    let written = |words: &String| -> Result<String, Refusal> {
        match part.holds {
            Holds::Text | Holds::Texts => Ok(text::text(words)?),
            Holds::Names => Ok(text::name(words)?),
            _ if valid(part, words) => Ok(words.clone()),
            _ => Err(RefusalCode::AnswerInvalid.into()),
        }
    };
    texts.iter().map(written).collect()
}

/// Whether one text may stand in a part.
fn valid(part: &Part, words: &str) -> bool {
    let short = |words: &str| text::counts(words) && words.chars().count() <= limits::NAME_SCALARS;
    match part.holds {
        Holds::Text | Holds::Texts => text::counts(words),
        Holds::Names => short(words),
        Holds::Codes(list) => {
            list.contains(&words) || words.strip_prefix("other:").is_some_and(short)
        }
        Holds::Code(list) => list.contains(&words),
        Holds::Day => words.parse::<Date>().is_ok_and(|day| day.to_string() == words),
    }
}

/// The body of an item that is whole.
///
/// # Errors
/// `PartMissing`, or as [`written`].
pub(super) fn body(new: &NewItem) -> Result<Value, Refusal> {
    let item = written(new)?;
    let described = item.form.described();
    if missing(&item, described) {
        return Err(RefusalCode::PartMissing.into());
    }
    let parts = item.parts.iter().filter_map(|part| {
        let known = described.parts.iter().find(|known| known.section == part.section);
        let mut texts = part.texts.iter().map(|text| text.as_str().into());
        let value = match known.is_some_and(|known| known.holds.one()) {
            true => texts.next(),
            false => Some(Value::Array(texts.collect())),
        };
        Some((part.section.code().to_owned(), value?))
    });
    Ok(Value::map([
        ("wish", item.wish.map(|wish| wish.code().into())),
        ("role", item.role.map(|role| role.code().into())),
    ])
    .with(parts.collect()))
}

fn missing(item: &NewItem, described: &Description) -> bool {
    let has = |section: Section| item.parts.iter().any(|part| part.section == section);
    described.parts.iter().any(|part| part.required && !has(part.section))
        || item.parts.is_empty()
        || (described.wish && item.wish.is_none())
        || (described.role && item.role.is_none())
}

/// The parts of a body that this version understands, in the order of the form.
pub(super) fn parts_of(form: Form, body: &Value) -> Vec<ItemPart> {
    let read = |part: &Part| {
        let value = body.get(part.section.code())?;
        let texts = if part.holds.one() { std::slice::from_ref(value) } else { value.array()? };
        let texts: Vec<String> = texts
            .iter()
            .take(limits::ITEM_TEXTS)
            .filter_map(|text| text.text().filter(|text| valid(part, text)))
            .map(str::to_owned)
            .collect();
        (!texts.is_empty()).then_some(ItemPart { section: part.section, texts })
    };
    form.described().parts.iter().filter_map(read).collect()
}

/// The wish and the role of a body.
pub(super) fn said_first(body: &Value) -> (Option<Wish>, Option<Role>) {
    let code = |key: &str| body.get(key).and_then(Value::text);
    (code("wish").and_then(Wish::from_code), code("role").and_then(Role::from_code))
}
