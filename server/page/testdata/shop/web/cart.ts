export interface Line { item: string; count: number; price: number }

/** Put an item into the cart, or more of it when it is there already. */
export function addToCart(cart: Line[], line: Line): Line[] {
  const known = cart.find((l) => l.item === line.item);
  if (known) {
    known.count += line.count;
    return cart;
  }
  return [...cart, line];
}

/** Take an item out of the cart. */
export function removeFromCart(cart: Line[], item: string): Line[] {
  return cart.filter((l) => l.item !== item);
}

/** What the whole cart costs. */
export function cartTotal(cart: Line[]): number {
  return cart.reduce((sum, l) => sum + l.count * l.price, 0);
}

/** Remember the cart in the browser until the next visit. */
export function saveCart(cart: Line[]): void {
  localStorage.setItem("cart", JSON.stringify(cart));
}

/** Read the cart of the last visit. */
export function loadCart(): Line[] {
  return JSON.parse(localStorage.getItem("cart") ?? "[]");
}
