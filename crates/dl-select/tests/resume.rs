//! A search that was killed and run again has the ranking of one that was not.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use dl_select::{
    Direction, Outcome, Search, SearchResult, Space, SuccessiveHalving, Trial, TrialRecord,
};

/// Settings with a text that is more bytes than characters, of which one fails and one panics.
fn space() -> Space {
    Space::new()
        .log_uniform("rate", 1e-4, 1.0)
        .choice("größe", ["klein", "groß"])
        .integers("depth", 1, 4)
}

fn searches() -> [Search; 3] {
    let grid = Space::new()
        .choice("größe", ["klein", "groß"])
        .integers("depth", 1, 3);
    [
        Search::grid(grid, Direction::Maximize),
        Search::random(space(), 7, Direction::Minimize).seed(5),
        Search::halving(
            space(),
            SuccessiveHalving::new(1, 9).factor(2).candidates(7),
            Direction::Minimize,
        )
        .seed(2),
    ]
}

/// Deterministic, of several folds; every fifth candidate fails, and another one panics.
fn evaluate(trial: &Trial) -> Result<Outcome, String> {
    match trial.candidate % 5 {
        3 => return Err("zu groß\nto fit".to_owned()),
        4 if trial.rung == 0 => panic!("in trial {}", trial.index),
        _ => {}
    }
    let noise = (trial.seed >> 11) as f64 / (1_u64 << 53) as f64;
    let budget = trial.budget.unwrap_or(1) as f64;
    Ok(Outcome::from_folds(vec![noise / budget, noise / 3.0 + 0.1]))
}

/// Without the seconds, which differ from run to run.
fn untimed(result: &SearchResult) -> Vec<TrialRecord> {
    let ranking = result.ranking().into_iter().cloned();
    ranking
        .map(|record| TrialRecord {
            seconds: 0.0,
            ..record
        })
        .collect()
}

fn run(search: &Search, path: &Path) -> Vec<TrialRecord> {
    untimed(&search.run(path, evaluate).unwrap())
}

/// Panics are what is tested: without their messages.
fn quiet() {
    std::panic::set_hook(Box::new(|_| {}));
}

#[test]
fn cut_off_at_any_byte() {
    quiet();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    for search in searches() {
        let _ = fs::remove_file(&path);
        let expected = run(&search, &path);
        assert_eq!(
            expected,
            untimed(&search.run_in_memory(evaluate).unwrap()),
            "a file changes nothing"
        );
        let whole = fs::read(&path).unwrap();
        let all = search.read(&path).unwrap().trials;
        let header = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for length in 0..=whole.len() {
            let lines = whole[..length]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            // each access to a file without its header is synced, and so is each trial that is run: some of them
            let (at_an_end, resumed) = (whole[..length].ends_with(b"\n"), length % 211 == 0);
            if length < header && !resumed {
                continue;
            }
            fs::write(&path, &whole[..length]).unwrap();
            let kept = search.read(&path).unwrap().trials;
            assert_eq!(kept.len(), lines.saturating_sub(1), "{length} bytes");
            assert!(kept.iter().all(|record| all.contains(record)));
            if at_an_end || resumed {
                assert_eq!(run(&search, &path), expected, "{length} bytes");
            }
        }
        assert_eq!(run(&search, &path), expected);
        // nothing was left to do
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn finished_trials_are_not_run_again() {
    quiet();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    for search in searches() {
        let _ = fs::remove_file(&path);
        run(&search, &path);
        let lines: Vec<String> = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        // in the order in which other threads would have finished, without two of them
        let mut others: Vec<String> = lines[1..].iter().rev().cloned().collect();
        others.truncate(others.len() - 2);
        fs::write(&path, format!("{}\n{}\n", lines[0], others.join("\n"))).unwrap();
        let count = AtomicUsize::new(0);
        let result = search.run(&path, |trial| {
            count.fetch_add(1, Ordering::Relaxed);
            evaluate(trial)
        });
        assert_eq!(count.into_inner(), 2);
        assert_eq!(untimed(&result.unwrap()).len(), lines.len() - 1);
    }
}

/// Any order of a job array that has each rung's trials before those of the next.
#[test]
fn one_process_per_trial() {
    quiet();
    let folder = tempfile::tempdir().unwrap();
    for (i, search) in searches().into_iter().enumerate() {
        let (path, other) = (
            folder.path().join(format!("{i}")),
            folder.path().join("all"),
        );
        let _ = fs::remove_file(&other);
        let expected = run(&search, &other);
        let mut left: Vec<usize> = (0..search.trials().unwrap()).rev().collect();
        while let Some(index) = left.pop() {
            let record = search.run_one(&path, index, evaluate);
            match record {
                Ok(record) => assert_eq!(record.trial.index, index),
                Err(error) => assert_eq!(
                    error.to_string(),
                    format!(
                        "trial {index} is not needed: too few candidates have succeeded to fill rung {}",
                        3
                    )
                ),
            }
        }
        assert_eq!(untimed(&search.read(&path).unwrap()), expected);
        // once more, it is not run
        let again = search.run_one(&path, 0, |_| -> Result<f64, String> { unreachable!() });
        assert_eq!(again.unwrap().trial.index, 0);
    }
}

#[test]
fn a_random_search_can_be_extended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    let search = |trials| Search::random(space(), trials, Direction::Maximize).seed(1);
    let score = |trial: &Trial| trial.params.number("rate");
    search(3).run(&path, score).unwrap();
    let longer = untimed(&search(8).run(&path, score).unwrap());
    assert_eq!(longer, untimed(&search(8).run_in_memory(score).unwrap()));
    let shorter = untimed(&search(3).run(&path, score).unwrap());
    assert_eq!(shorter, untimed(&search(3).run_in_memory(score).unwrap()));
}
