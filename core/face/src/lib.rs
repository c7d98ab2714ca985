//! One attribute, [`exported`]: what a face of `amends` offers in Rust is offered to Swift
//! and Kotlin too, in the same words, without a line of its own.
//!
//! UniFFI's own attribute cannot stand on those blocks: it sees no defaults behind a
//! `cfg_attr`, and core's error becomes another one on its way only by an unsafe impl.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, GenericArgument, Ident, ImplItem, ImplItemFn, ItemImpl,
    Lit, Meta, Pat, PatType, PathArguments, ReturnType, Type, Visibility, parse_macro_input,
};

/// On an `impl` block: every public method of it is handed to Swift and Kotlin, with its
/// documentation. The block itself stays as it is. Beside it comes a macro, `hearing_calls`
/// for `Hearing` or `network_calls` for `exported(network)`, with which `amends-ffi` makes
/// the methods of its object:
///
/// ```ignore
/// amends::hearing_calls!(Hearing, |space| space.hearing());
/// ```
///
/// What is written once is read by these rules:
///
/// - An async method runs on the space's runtime and fails with an `AmendsError`.
/// - `&str` and `&Path` are a `String` there, and a path that is relative is refused; every other
///   reference is the value itself.
/// - An argument that is an `Option` comes last and may be left out.
/// - A type is what its name means in `amends-ffi`: where that is another one than here,
///   the two must be `From` each other.
/// - A link in a doc comment is its text.
///
/// What cannot be read so does not compile: it belongs into another block.
#[proc_macro_attribute]
pub fn exported(name: TokenStream, block: TokenStream) -> TokenStream {
    let name = parse_macro_input!(name as Option<Ident>);
    let block = parse_macro_input!(block as ItemImpl);
    let calls = calls(name, &block).unwrap_or_else(Error::into_compile_error);
    quote!(#block #calls).into()
}

fn calls(name: Option<Ident>, block: &ItemImpl) -> Result<Tokens, Error> {
    let name = match name {
        Some(name) => name.to_string(),
        None => snake(&last(&block.self_ty).ok_or_else(|| not_read(&block.self_ty))?.0.to_string()),
    };
    let name = format_ident!("{name}_calls");
    let public = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(method),
        _ => None,
    });
    let methods = public.map(call).collect::<Result<Vec<Tokens>, Error>>()?;
    Ok(quote! {
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #name {
            ($object:ident, |$space:ident| $face:expr) => {
                #[uniffi::export]
                impl $object {
                    #(#methods)*
                }
            };
        }
    })
}

/// One method as the object of `amends-ffi` has it.
fn call(method: &ImplItemFn) -> Result<Tokens, Error> {
    let (mut taken, mut optional, mut handed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut may_be_left_out, mut checked) = (Vec::new(), Vec::new());
    for input in &method.sig.inputs {
        let FnArg::Typed(PatType { pat, ty, .. }) = input else { continue };
        let Pat::Ident(name) = &**pat else { return Err(not_read(pat)) };
        let name = &name.ident;
        let (taken_as, handed_as) = match &**ty {
            Type::Reference(to) if is(&to.elem, "str") => (quote!(String), quote!(#name.as_ref())),
            Type::Reference(to) if is(&to.elem, "Path") => {
                checked.push(quote!(let #name = $crate::foreign::absolute(#name)?;));
                (quote!(String), quote!(&#name))
            }
            Type::Reference(to) => (to.elem.to_token_stream(), quote!(&#name)),
            owned => (owned.to_token_stream(), quote!(#name.into())),
        };
        handed.push(handed_as);
        if is(ty, "Option") {
            may_be_left_out.push(name);
            optional.push(quote!(#name: #taken_as));
        } else {
            taken.push(quote!(#name: #taken_as));
        }
    }
    taken.extend(optional);
    let defaults = (!may_be_left_out.is_empty())
        .then(|| quote!(#[uniffi::method(default(#(#may_be_left_out = None),*))]));
    let docs = docs(&method.attrs);
    let name = &method.sig.ident;
    let answer = match &method.sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, answer) => Some(&**answer),
    };
    let called = quote!($face.#name(#(#handed),*));
    let method = if method.sig.asyncness.is_none() {
        let answer = answer.map(|answer| quote!(-> #answer));
        quote! {
            pub fn #name(&self, #(#taken),*) #answer {
                let $space = &self.0.space;
                #called
            }
        }
    } else {
        let (answer, awaited) = match answer {
            None => (quote!(()), quote!({ #called.await; Ok(()) })),
            Some(result) if is(result, "Result") => {
                let answer = first(result).ok_or_else(|| not_read(result))?;
                let crossing = match is(answer, "Vec") {
                    true => quote!(|all| all.into_iter().map(Into::into).collect()),
                    false => quote!(Into::into),
                };
                (answer.to_token_stream(), quote!({ #called.await.map(#crossing) }))
            }
            Some(other) => return Err(not_read(other)),
        };
        quote! {
            pub async fn #name(&self, #(#taken),*) -> Result<#answer, $crate::foreign::AmendsError> {
                #(#checked)*
                self.0.run(move |$space| async move #awaited).await
            }
        }
    };
    Ok(quote!(#(#docs)* #defaults #method))
}

/// The doc comment, for readers of another language: links are their text.
fn docs(attributes: &[Attribute]) -> Vec<Tokens> {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    };
    let lines = attributes.iter().filter_map(line).map(|line| without_links(&line));
    lines.map(|line| quote!(#[doc = #line])).collect()
}

fn without_links(line: &str) -> String {
    let mut parts = line.split("[`");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('`');
        match part.split_once("`]") {
            Some((text, rest)) => {
                let target = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
                plain.extend([text, "`", target.map_or(rest, |(_, rest)| rest)]);
            }
            None => plain.push_str(part),
        }
    }
    plain
}

/// The last name of a type's path, and what it is made of.
fn last(ty: &Type) -> Option<(&Ident, &PathArguments)> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| (&segment.ident, &segment.arguments))
}

fn is(ty: &Type, name: &str) -> bool {
    last(ty).is_some_and(|(ident, _)| ident == name)
}

/// The first type that a type is made of.
fn first(ty: &Type) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = last(ty)?.1 else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn not_read(what: &impl Spanned) -> Error {
    Error::new(what.span(), "Swift and Kotlin cannot be offered this: see `amends_face::exported`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_their_text() {
        let line = "As [`Inner::show`], or [`Openness::post`](super::Openness::post); `Closed`.";
        assert_eq!(without_links(line), "As `Inner::show`, or `Openness::post`; `Closed`.");
    }

    #[test]
    fn an_object_s_calls_are_named_in_small_letters() {
        assert_eq!(snake("CheckIns"), "check_ins");
    }
}
