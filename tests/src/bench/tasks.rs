//! Owns work spread over async tasks that run at once. Must not know the work.

use super::measure::{Outcome, Samples, now, per_second};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Does the work on each item, `tasks` of them at a time; each task takes the next item when it has
/// finished one, as a client does that waits for its answer. Gives the time for all of them.
pub(super) fn at_once<T, R, F, W>(
    runtime: &Runtime,
    tasks: usize,
    items: Vec<T>,
    work: W,
) -> Outcome<(Duration, Vec<R>)>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Future<Output = Outcome<R>> + Send,
    W: Fn(T) -> F + Send + Sync + 'static,
{
    let mut done = Vec::with_capacity(items.len());
    let left = Arc::new(Mutex::new(items.into_iter()));
    let work = Arc::new(work);
    runtime.block_on(async {
        let mut running = JoinSet::new();
        let began = now();
        for _ in 0..tasks {
            let (left, work) = (Arc::clone(&left), Arc::clone(&work));
            running.spawn(async move {
                let mut own = Vec::new();
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(item) = next else { return Outcome::Ok(own) };
                    own.push(work(item).await?);
                }
            });
        }
        while let Some(task) = running.join_next().await {
            done.extend(task??);
        }
        Ok((began.elapsed(), done))
    })
}

/// How many a second, and how long each took, in milliseconds.
#[derive(Default)]
pub(super) struct Paced {
    pub(super) rate: Samples,
    pub(super) p50: Samples,
    pub(super) p99: Samples,
}

impl Paced {
    /// One run of [`at_once`].
    pub(super) fn take<T, R, F, W>(
        &mut self,
        runtime: &Runtime,
        tasks: usize,
        items: Vec<T>,
        work: W,
    ) -> Outcome<Vec<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: Future<Output = Outcome<R>> + Send,
        W: Fn(T) -> F + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        let (elapsed, done) = at_once(runtime, tasks, items, move |item| {
            let work = Arc::clone(&work);
            async move {
                let began = now();
                let done = work(item).await?;
                Ok((began.elapsed(), done))
            }
        })?;
        let mut milliseconds = Samples::default();
        done.iter().for_each(|(took, _)| milliseconds.push(took.as_secs_f64() * 1_000.0));
        self.rate.push(per_second(done.len(), elapsed)?);
        self.p50.push(milliseconds.percentile(50));
        self.p99.push(milliseconds.percentile(99));
        Ok(done.into_iter().map(|(_, done)| done).collect())
    }
}
