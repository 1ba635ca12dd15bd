//! `Secret<T>`: a value that cannot be printed, serialised or left behind in memory.

use std::fmt;

use zeroize::Zeroize;

/// Holds a secret. `Debug` is redacted; there is no `Display`, `Serialize`, `Deref` or `PartialEq`.
/// The memory is overwritten on drop.
///
/// Every call of [`Secret::expose`] outside tests carries a comment `// EXPOSE: why`.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in. The caller must not keep a copy.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Name the reason at the call site: `// EXPOSE: why`.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value for editing in place. The same rule as for [`Secret::expose`].
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let text = format!("{:?} {:#?}", Secret::new("cnry-debug".to_owned()), Secret::new(vec![1_u8, 2, 3]));
        assert_eq!(text, "Secret(..) Secret(..)");
    }
}
