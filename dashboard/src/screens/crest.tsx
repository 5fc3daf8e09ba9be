/** The product's mark: a shield with a school house. */
export function Crest() {
  return (
    <svg class="crest" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 1.500 4 5.500V15c0 7.600 5 12.900 12 15.500C23 27.900 28 22.600 28 15V5.500z" class="shield" />
      <path
        d="M16 9 8 12.800v1.400h16v-1.400zM9.500 15.700V21.500h2.600v-5.800zm5.200 0v5.800h2.600v-5.800zm5.200 0v5.800h2.600v-5.800zM8 22.600v1.900h16v-1.900z"
        class="house"
      />
    </svg>
  );
}
