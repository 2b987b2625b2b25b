//! Element-wise functions.

use pulp::NullaryFnOnce;

use super::arch;

/// xᵢ ← f(xᵢ). Mark f `#[inline(always)]`: then it is compiled for each instruction set with the loop, which becomes one
/// over vectors where f has neither branches nor calls.
///
/// ```
/// let mut x = [1.0_f32, -2.0];
/// dl_core::simd::map(&mut x, #[inline(always)] |x| 2.0 * x);
/// assert_eq!(x, [2.0, -4.0]);
/// ```
#[inline(always)]
pub fn map<T: Copy>(x: &mut [T], f: impl Fn(T) -> T) {
    arch().dispatch(Map { x, f });
}

/// As a type because that is what `pulp` compiles per instruction set.
struct Map<'a, T, F> {
    x: &'a mut [T],
    f: F,
}

impl<T: Copy, F: Fn(T) -> T> NullaryFnOnce for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for x in self.x {
            *x = (self.f)(*x);
        }
    }
}
