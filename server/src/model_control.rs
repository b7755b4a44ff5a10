//! What a server may do with models. The program that starts it says where they are, and how photos are embedded anew: that is an
//! indexer's work, which the server knows nothing of.

use std::fmt;
use std::sync::Arc;

use foray_embedding::{Hub, ModelStore};
use foray_protocol::StopSignal;

use crate::coverage::CountedCoverage;
use crate::job::BackgroundJob;

/// Has all photos embedded by the model of this name and the library searched by it from then on; tells how many of how many photos
/// are done, and says in a sentence why it cannot.
pub type GoOver = dyn Fn(&str, &StopSignal, &(dyn Fn(usize, usize) + Sync)) -> Result<(), String> + Send + Sync;

/// Where models are, where they come from, and how the library goes over to one.
#[derive(Clone)]
pub struct ModelControl {
    /// The models on this machine.
    pub store: ModelStore,
    /// Where they are pulled from; nowhere for a machine that shall stay off the network.
    pub hub: Option<Hub>,
    /// How the library goes over to one.
    pub go_over: Arc<GoOver>,
}

impl fmt::Debug for ModelControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelControl").field("store", &self.store).finish_non_exhaustive()
    }
}

/// The same with the work that was begun on them.
#[derive(Clone, Debug)]
pub(crate) struct ModelDesk {
    pub control: ModelControl,
    pub pull: BackgroundJob<()>,
    pub switch: BackgroundJob<()>,
    pub coverage: CountedCoverage,
}

impl ModelDesk {
    pub fn new(control: ModelControl) -> Self {
        Self {
            control,
            pull: BackgroundJob::default(),
            switch: BackgroundJob::default(),
            coverage: CountedCoverage::default(),
        }
    }

    /// Ends its work with the server. A pull is not waited for, as a silent hub may take minutes: what it has is gone on with.
    pub fn stop(&self) {
        self.pull.ask_to_stop();
        self.switch.stop();
    }
}
