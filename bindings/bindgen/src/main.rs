//! Writes the Swift and Kotlin sources from the compiled library: `bindings/generate`
//! calls it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
