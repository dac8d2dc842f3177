//! Rust types as they are written, and the fields they fit.

use syn::ext::IdentExt;
use syn::{GenericArgument, PathArguments, Type};

use crate::doctype::vocabulary::Holds;

/// What can be told of a type from how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Whole,
    Fraction,
    YesNo,
    Rows,
    Layout,
    /// A type of std that holds no field's value.
    Foreign,
    /// A type of the developer's; the compiler judges it by `FieldValue`.
    Own,
}

impl Shape {
    pub(super) fn of(ty: &Type) -> Shape {
        let Some((word, argument)) = last_segment(ty) else {
            return Shape::Foreign;
        };
        match &*word {
            "Option" => match argument.map(Shape::of) {
                Some(inner @ (Shape::Text | Shape::Whole | Shape::Fraction | Shape::Own)) => inner,
                _ => Shape::Foreign,
            },
            "String" => Shape::Text,
            "i64" => Shape::Whole,
            "f64" => Shape::Fraction,
            "bool" => Shape::YesNo,
            "Vec" => Shape::Rows,
            "Layout" => Shape::Layout,
            "i8" | "i16" | "i32" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize"
            | "f32" | "char" | "str" | "Box" | "Rc" | "Arc" | "HashMap" | "BTreeMap" | "HashSet" => {
                Shape::Foreign
            }
            _ => Shape::Own,
        }
    }

    pub(super) fn fits(self, holds: Holds) -> bool {
        match self {
            Shape::Text => holds == Holds::Text,
            Shape::Whole => holds == Holds::Whole,
            Shape::Fraction => holds == Holds::Fraction,
            Shape::YesNo => holds == Holds::YesNo,
            Shape::Rows => holds == Holds::Rows,
            Shape::Layout => holds == Holds::Nothing,
            Shape::Foreign => false,
            Shape::Own => !matches!(holds, Holds::Rows | Holds::Nothing),
        }
    }

    /// The field type a Rust type stands for when none is written.
    pub(super) fn usual(self) -> Option<&'static str> {
        match self {
            Shape::Text => Some("data"),
            Shape::Whole => Some("int"),
            Shape::Fraction => Some("float"),
            Shape::YesNo => Some("check"),
            Shape::Rows | Shape::Layout | Shape::Foreign | Shape::Own => None,
        }
    }

    /// What to do about a type that stands for no field type.
    pub(super) fn needs(self) -> &'static str {
        match self {
            Shape::Rows => "rows need their child DocType: `#[field(table = \"..\")]`",
            Shape::Layout => {
                "say which: `#[field(section_break)]`, `column_break`, `tab_break`, `html`, `button`, `image`, \
                 `heading` or `fold`"
            }
            Shape::Own => "say the field type of this Rust type, as in `#[field(select = [\"..\", \"..\"])]`",
            _ => {
                "no field holds this type; use `String`, `i64`, `f64`, `bool`, an `Option` of them, or `Vec<..>`"
            }
        }
    }
}

/// The last word of a path and its one type argument: `std::option::Option<T>` is `Option` and `T`.
fn last_segment(ty: &Type) -> Option<(String, Option<&Type>)> {
    let path = match ty {
        Type::Path(path) if path.qself.is_none() => &path.path,
        Type::Group(group) => return last_segment(&group.elem),
        Type::Paren(paren) => return last_segment(&paren.elem),
        _ => return None,
    };
    let segment = path.segments.last()?;
    let argument = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    };
    Some((segment.ident.unraw().to_string(), argument))
}
