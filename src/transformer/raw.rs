//! The bytes of a request as they came, as a Buffer that is made when it is asked for: most transformers never do, and what a
//! sender signed are bytes, not the text that they may be.

use std::sync::Arc;

use rquickjs::{
    ArrayBuffer, Ctx, Function, Object, Value as JsValue,
    function::This,
    object::{Accessor, Property},
};

const NAME: &str = "rawBytes";

/// Puts them on the request of a run. Like its methods, they are in no copy and no JSON of it.
pub(super) fn put(request: &Object<'_>, bytes: &Arc<[u8]>) -> rquickjs::Result<()> {
    request.prop(NAME, Accessor::from(getter(bytes.clone())).configurable())
}

/// The same Buffer each time.
fn getter<'js>(
    bytes: Arc<[u8]>,
) -> impl Fn(Ctx<'js>, This<Object<'js>>) -> rquickjs::Result<JsValue<'js>> + 'js {
    move |ctx, This(request)| {
        let buffer: Object = ctx.globals().get("Buffer")?;
        let from: Function = buffer.get("from")?;
        let made: JsValue = from.call((This(buffer), ArrayBuffer::new_copy(ctx.clone(), &bytes)?))?;
        if request.prop(NAME, Property::from(made.clone()).writable().configurable()).is_err() {
            // It is frozen: another one is made the next time.
            ctx.catch();
        }
        Ok(made)
    }
}
