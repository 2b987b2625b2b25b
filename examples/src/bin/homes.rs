//! From a table to a service in as few lines as it takes: a CSV file with columns of every kind and with gaps becomes a
//! file that predicts the prices of raw rows. `tabular` does the same, and shows what happens on the way.

#![allow(clippy::print_stdout, reason = "as a user would write it")]

use dl_data::{Csv, Pipeline, Scale, TargetScaler, generator};
use dl_io::Bundle;
use dl_nn::{metrics::r2_score, prelude::*};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let csv = Csv::new().dates(["sold"]);
    let homes = csv.load_table("examples/data/homes.csv")?;
    let (train, test) = homes.target("price")?.split(0.2, &mut generator(1))?;
    let pipeline = Pipeline::new().fit(train.features())?; // the training rows alone
    let scaler = TargetScaler::fit(Scale::Standard, train.target())?;
    let x = pipeline.transform::<f64>(train.features())?;
    let y = scaler.transform::<f64>(train.target())?;

    let network = Sequential::input([x.ncols()])
        .push(Dense::new(32).activation(Relu))
        .push(Dense::new(1));
    let mut trainer = Trainer::new(network.build(1)?, MeanSquaredError::new(), Adam::new(0.003))?;
    trainer.fit(&x, &y, Fit::epochs(100))?;
    let bundle = Bundle::from_trainer(&trainer).with_pipeline(pipeline);
    bundle.with_target(scaler).save("homes.dl")?;

    let served = Bundle::<f64>::load("homes.dl")?; // in any program, on any day
    let prices = served.predict_table(test.features())?;
    println!("R² {:.3}", r2_score(test.target(), &prices.column(0))?);
    let new = served.csv()?.load_table("examples/data/new_homes.csv")?;
    println!("{:.1}", served.predict_table(&new)?.column(0));
    Ok(())
}
