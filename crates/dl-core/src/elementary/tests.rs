//! Single precision against the standard library's double precision, double precision against itself.

use proptest::prelude::*;

use super::*;
use crate::Scalar;

/// The distance between neighbours of f32 around x.
fn unit(x: f64) -> f64 {
    let exponent = x.abs().log2().floor().max(-126.0);
    (exponent - 23.0).exp2()
}

/// How many numbers of f64 lie between two.
fn steps(a: f64, b: f64) -> u64 {
    let place = |x: f64| match x.to_bits() as i64 {
        bits if bits < 0 => i64::MIN - bits,
        bits => bits,
    };
    place(a).abs_diff(place(b))
}

/// Functions of f32, of f64, and by how many units in the last place the first may differ from the second.
type Pair = (fn(f32) -> f32, fn(f64) -> f64, f64);

const PAIRS: [Pair; 2] = [(exp, f64::exp, 1.0), (exp_m1, f64::exp_m1, 1.25)];

#[track_caller]
fn check_single(x: f32, (f, exact, most): Pair) -> f32 {
    let (y, exact) = (f(x), exact(f64::from(x)));
    if y.is_infinite() || (exact as f32).is_infinite() {
        assert_eq!(y, exact as f32, "at {x}");
    } else {
        let error = (f64::from(y) - exact).abs() / unit(exact);
        assert!(error <= most, "{error} units in the last place at {x}");
    }
    y
}

/// Every 1009th of all the numbers there are.
#[test]
fn single_precision_is_right_and_rises() {
    let bits = (0..f32::INFINITY.to_bits()).step_by(1009);
    let negative = bits.clone().rev().map(|bits| -f32::from_bits(bits));
    let numbers = negative.chain(bits.map(f32::from_bits));
    for pair in PAIRS {
        let mut last = f32::NEG_INFINITY;
        for x in numbers.clone() {
            let y = check_single(x, pair);
            assert!(y >= last, "at {x}");
            last = y;
        }
    }
}

/// Where n changes, (k + ½) ln 2.
#[test]
fn functions_rise_from_one_power_of_two_to_the_next() {
    for k in -150..=128 {
        let middle = (f64::from(k) + 0.5) * std::f64::consts::LN_2;
        for pair in PAIRS {
            let mut x = middle as f32 - 20.0 * unit(middle) as f32;
            let mut last = f32::NEG_INFINITY;
            for _ in 0..40 {
                let y = check_single(x, pair);
                assert!(y >= last, "at {x}");
                (x, last) = (x.next_up(), y);
            }
        }
    }
    for k in -1076..=1023 {
        let middle = (f64::from(k) + 0.5) * std::f64::consts::LN_2;
        let mut x = middle;
        (0..20).for_each(|_| x = x.next_down());
        for _ in 0..40 {
            assert!(exp(x.next_up()) >= exp(x), "at {x}");
            assert!(exp_m1(x.next_up()) >= exp_m1(x), "at {x}");
            x = x.next_up();
        }
    }
}

proptest! {
    /// The standard library is wrong by less than a unit in the last place, too, so that there can be one number
    /// more between the two.
    #[test]
    fn double_precision_is_right(x in -746.0..710.0, small in -1.0..1.0, exponent in -320.0..0.0) {
        for x in [x, small, small * 10_f64.powf(exponent)] {
            prop_assert!(steps(exp(x), x.exp()) <= 1, "at {x}");
            prop_assert!(steps(exp_m1(x), x.exp_m1()) <= 2, "at {x}");
        }
    }

    #[test]
    fn the_logarithm_is_right(x in 0.0..=1.0, exponent in -320.0..0.0) {
        for x in [x, x * 10_f64.powf(exponent)] {
            prop_assert!(steps(ln_1p_unit(x), x.ln_1p()) <= 3, "at {x}");
            let single = x as f32;
            let exact = f64::from(single).ln_1p();
            let error = (f64::from(ln_1p_unit(single)) - exact).abs() / unit(exact);
            prop_assert!(error <= 2.0, "{error} units in the last place at {single}");
        }
    }
}

#[test]
fn the_ends_are_right() {
    // the last argument with a finite value, and the first that gives half the smallest number or less
    let (largest, least) = (88.722_83_f32, -103.972_08_f32);
    assert!(exp(largest).is_finite() && exp(largest.next_up()) == f32::INFINITY);
    assert!(exp_m1(largest).is_finite() && exp_m1(largest.next_up()) == f32::INFINITY);
    assert_eq!(
        (exp(least), exp(least.next_down())),
        (f32::from_bits(1), 0.0)
    );
    let (largest, least) = (709.782_712_893_384_f64, -745.133_219_101_941_1_f64);
    assert!(exp(largest).is_finite() && exp(largest.next_up()) == f64::INFINITY);
    assert!(exp_m1(largest).is_finite() && exp_m1(largest.next_up()) == f64::INFINITY);
    assert_eq!(
        (exp(least), exp(least.next_down())),
        (f64::from_bits(1), 0.0)
    );
}

fn special_values<F: Scalar>() {
    let (zero, one, inf) = (F::zero(), F::one(), F::infinity());
    assert_eq!([exp(zero), exp(-zero)], [one; 2]);
    assert_eq!([exp(inf), exp(-inf)], [inf, zero]);
    assert_eq!([exp_m1(inf), exp_m1(-inf)], [inf, -one]);
    assert_eq!([exp(F::max_value()), exp(F::min_value())], [inf, zero]);
    assert!(exp(F::nan()).is_nan() && exp_m1(F::nan()).is_nan());
    assert!(ln_1p_unit(F::nan()).is_nan());
    assert_eq!(
        [ln_1p_unit(zero), ln_1p_unit(F::min_positive_value())],
        [zero, F::min_positive_value()]
    );
    // with the sign of the zero
    assert_eq!([exp_m1(zero).recip(), exp_m1(-zero).recip()], [inf, -inf]);
    // where eˣ − 1 is x to the last digit
    for tiny in [F::min_positive_value(), F::epsilon() / F::cast(8.0)] {
        for x in [tiny, -tiny, tiny * F::epsilon(), F::cast(f64::MIN_POSITIVE)] {
            assert_eq!(exp_m1(x), x);
            assert_eq!(exp(x), one);
        }
    }
}

#[test]
fn zeros_infinities_and_nan() {
    special_values::<f32>();
    special_values::<f64>();
}
