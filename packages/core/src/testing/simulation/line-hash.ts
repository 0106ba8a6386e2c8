/** Two 32-bit hashes over the same text (cyrb53's rounds, public domain): to tell runs apart, not to withstand anybody. */
export class LineHash {
  #a = 0xdeadbeef;
  #b = 0x41c6ce57;

  add(text: string): void {
    let [a, b] = [this.#a, this.#b];
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      a = Math.imul(a ^ unit, 0x9e3779b1);
      b = Math.imul(b ^ unit, 0x5f356495);
    }
    this.#a = a ^ (b >>> 13);
    this.#b = b ^ (a >>> 16);
  }

  get digits(): string {
    return digitsOf(this.#a) + digitsOf(this.#b);
  }
}

function digitsOf(half: number): string {
  return (half >>> 0).toString(16).padStart(8, "0");
}
