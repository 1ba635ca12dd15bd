//! A result as it came, and as it reads.

use std::fmt;

use serde_json::Value;
use strongroom_domain::fields::wipe;
use zeroize::Zeroize;

/// May hold secrets (that is what `resolve` is for), so it shows nothing of itself and is wiped at its end.
#[derive(Default)]
pub(crate) struct Body {
    bytes: Vec<u8>,
    value: Value,
}

impl Body {
    /// What an API answered; `None` where it is not JSON.
    pub(crate) fn read(bytes: Vec<u8>) -> Option<Self> {
        let value = serde_json::from_slice(&bytes).ok()?;
        Some(Self { bytes, value })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) const fn value(&self) -> &Value {
        &self.value
    }
}

/// A result that was made here.
impl From<Value> for Body {
    fn from(value: Value) -> Self {
        Self { bytes: value.to_string().into_bytes(), value }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.bytes.zeroize();
        wipe(&mut self.value);
    }
}
