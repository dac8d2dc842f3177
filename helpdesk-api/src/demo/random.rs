//! Numbers that look random and are the same at every run.

/// A xorshift generator with a fixed seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Random {
        Random(0x9E37_79B9_7F4A_7C15)
    }

    /// A generator whose numbers follow from `seed`.
    pub(super) fn seeded(seed: u64) -> Random {
        Random(0x9E37_79B9_7F4A_7C15 ^ seed.wrapping_mul(0xD129_0F5B_24B1_7A35) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// A number from `low` to below `high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low).max(1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, of_hundred: u64) -> bool {
        self.between(0, 100) < of_hundred
    }

    /// One of the items.
    ///
    /// # Panics
    /// When there are none.
    pub(super) fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let place = usize::try_from(self.next()).unwrap_or(0) % items.len().max(1);
        &items[place]
    }
}
