/** Says whether what a check finds is what it wants; a check that fails is one more line. */
export async function check(name, find, wanted) {
  try {
    const found = await find();
    console.log(found === wanted ? `ok ${name}` : `failed ${name}: got ${String(found).slice(0, 200)}`);
  } catch (error) {
    console.log(`failed ${name}: ${String(error?.message ?? error).split('\n')[0]}`);
  }
}
