/** The file of a student's exit branches, beside its weights: `student.branches.safetensors`. */
export function branchesBeside(weights: string): string {
  return weights.replace(/\.safetensors$/, '.branches.safetensors');
}
