// The kiosk has a scanner: it posts `{ data: { barcode: "SHOP*123456*7" } }`, and the flow hears the order number, as if the
// customer had typed it. A barcode of something else (a bottle of water) is nothing that anybody said: it is dropped.

export function handleInput({ request }) {
  const barcode = request.body.data?.barcode;
  if (barcode === undefined) {
    return {};
  }
  const [shop, order] = String(barcode).split("*");
  if (shop !== "SHOP" || !/^[0-9]{6}$/.test(order ?? "")) {
    console.log("a barcode of something else");
    return null;
  }
  return { text: order };
}
