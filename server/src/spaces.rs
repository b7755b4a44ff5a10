//! The library as it is given vectors of another model, in the process that searches it: who goes over is the model, too.

use foray_protocol::{
    ImageId, PhotoFiles, Problem, ProblemKind, ProtocolError, SpaceCoverage, SpaceId, Spaces, UnitVector,
};

use crate::service::SearchService;

impl Spaces for SearchService {
    fn spaces(&self) -> Result<Vec<SpaceCoverage>, ProtocolError> {
        self.library().spaces()
    }

    fn without_vector(
        &self,
        space: &SpaceId,
        after: Option<ImageId>,
        limit: usize,
    ) -> Result<Vec<PhotoFiles>, ProtocolError> {
        self.library().without_vector(space, after, limit)
    }

    fn preview(&self, image: ImageId) -> Result<Vec<u8>, ProtocolError> {
        self.library().preview(image)
    }

    fn add_vectors(&self, space: &SpaceId, vectors: &[(ImageId, UnitVector)]) -> Result<(), ProtocolError> {
        self.library().add_vectors(space, vectors)
    }

    /// Queries under way end before. Refused, besides, for a model that is not here or gives other vectors.
    fn switch_space(&self, space: &SpaceId, model: &str) -> Result<(), ProtocolError> {
        let refused =
            |reason: String| Problem::new(ProblemKind::BadRequest, format!("cannot go over to {model}: {reason}"));
        let next = self.open_model(model).map_err(refused)?;
        if next.space() != space {
            return Err(refused(format!("here it makes vectors of {}, not of {space}", next.space())).into());
        }
        // The first query must not wait for it.
        next.warm_up().map_err(|error| refused(error.to_string()))?;
        self.embedder().replace(next, || self.library().switch_space(space, model))
    }

    fn drop_space(&self, space: &SpaceId) -> Result<(), ProtocolError> {
        self.library().drop_space(space)
    }
}
