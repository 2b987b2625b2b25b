//! Every instruction set that this machine has gives the same: products but for rounding, functions of single numbers
//! bit for bit. A program of its own, since the choice is the whole program's.

use std::sync::Mutex;

use dl_core::Scalar;
use dl_core::activation::{
    elu, elu_derivative, sigmoid, silu, silu_derivative, softplus, tanh, tanh_derivative,
};
use dl_core::gemm::{Init, gemm};
use dl_core::ndarray::Array2;
use dl_core::simd::{Level, limit, map};
use dl_core::softmax::{exponentials, log_sum_exp, softmax_rows};
use dl_core::special::{exp, exp_m1, ln_1p_unit};

/// What `f` gives at each level of the machine, the lowest first.
fn at_every_level<T>(f: impl Fn() -> T) -> Vec<(Level, T)> {
    static CHOICE: Mutex<()> = Mutex::new(());
    let _one_at_a_time = CHOICE.lock();
    let levels = [Level::Baseline, Level::Avx2, Level::Avx512];
    let levels = levels.into_iter().filter(|&level| limit(level));
    levels.map(|level| (level, f())).collect()
}

fn values(rows: usize, columns: usize, seed: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        ((i * 37 + j * 11 + seed * 5) as f32 * 0.37).sin()
    })
}

/// A·B of each way there is, by shape: few rows, few columns, blocks, and A transposed.
fn products() -> Vec<Array2<f32>> {
    let mut all = Vec::new();
    for (m, k, n) in [(1, 700, 90), (3, 40, 33), (60, 30, 7), (37, 1100, 150)] {
        let (a, b) = (values(m, k, 1), values(k, n, 2));
        let mut c = Array2::zeros((m, n));
        gemm(Init::Zero, a.view(), b.view(), c.view_mut());
        all.push(c.clone());
        let transposed = a.t().as_standard_layout().into_owned();
        gemm(Init::Accumulate, transposed.t(), b.view(), c.view_mut());
        all.push(c);
    }
    all
}

#[test]
fn products_agree_within_rounding() {
    let found = at_every_level(products);
    // where there is one level only it has that name
    let Some(((first, expected), others)) = found.split_first() else {
        return;
    };
    for (level, products) in others {
        for (product, expected) in products.iter().zip(expected) {
            // sums of up to 1100 terms of at most 1, of which errors grow with the root
            let error = (product - expected).mapv(f32::abs);
            let most = error.iter().copied().fold(0.0, f32::max);
            assert!(most <= 1e-4, "{level} and {first}: {most}");
        }
    }
}

/// The functions of single numbers that have exponentials, and those of rows.
fn functions<F: Scalar>() -> Vec<(&'static str, Vec<F>)> {
    let unusual = [
        0.0,
        f64::INFINITY,
        1e30,
        1e-30,
        1e-42,
        88.72,
        103.9,
        709.78,
        745.1,
    ];
    // of many sizes, and so many that the last do not fill a vector
    let usual = (0..1000).map(|i| f64::from(i % 97) * 2_f64.powi(i % 23 - 16));
    let both = unusual.into_iter().chain(usual).flat_map(|x| [x, -x]);
    let x: Vec<F> = both.chain([0.3]).map(F::cast).collect();
    macro_rules! map {
        ($($f:ident($($more:expr)?)),*) => {
            vec![$({
                let mut values = x.clone();
                map(
                    &mut values,
                    #[inline(always)]
                    |x| $f(x $(, F::cast($more))?),
                );
                (stringify!($f), values)
            }),*]
        };
    }
    let mut all = map![
        exp(),
        exp_m1(),
        ln_1p_unit(),
        tanh(),
        tanh_derivative(),
        sigmoid(),
        silu(),
        silu_derivative(),
        softplus(),
        elu(0.7),
        elu_derivative(0.7)
    ];
    // what is infinite would leave nothing else in its row
    let x = &x[4..];
    for width in [1, 3, 10, 16, 77, 1000] {
        let mut y = x.to_vec();
        softmax_rows(&mut y, width);
        let sums = x.chunks(width).map(log_sum_exp);
        y.extend(sums);
        let mut shifted = vec![F::zero(); width];
        exponentials(x, F::cast(2.0), &mut shifted);
        y.extend(shifted);
        all.push(("rows", y));
    }
    all
}

fn same_bits<F: Scalar>() {
    let found = at_every_level(functions::<F>);
    for pair in found.windows(2) {
        let [(lower, expected), (level, functions)] = pair else {
            return;
        };
        for ((name, x), (_, y)) in expected.iter().zip(functions) {
            for (i, (x, y)) in x.iter().zip(y).enumerate() {
                // a zero's sign, too; NaN is NaN
                let same = x.is_nan() && y.is_nan() || x == y && x.recip() == y.recip();
                assert!(same, "{name} {i}: {x} on {lower}, {y} on {level}");
            }
        }
    }
}

#[test]
fn functions_are_the_same_bits() {
    same_bits::<f32>();
    same_bits::<f64>();
}
