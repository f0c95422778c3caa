import { z } from 'zod';
import { UserError } from '../../errors';
import { tryParseJson } from '../../io/json';

/** Milliseconds for an answer: a run that was told to stop has not long to say goodbye. */
const patience = 5000;

/** MLflow's REST interface 2.0, with the credentials that its own clients take from the environment. */
export class MlflowRest {
  constructor(readonly address: string) {}

  get(method: string, query: Readonly<Record<string, string>>, forgiven?: string): Promise<unknown> {
    return this.call(`${method}?${new URLSearchParams(query)}`, {}, forgiven);
  }

  post(method: string, body: object, forgiven?: string): Promise<unknown> {
    return this.call(method, { method: 'POST', body: JSON.stringify(body) }, forgiven);
  }

  /** The answer; undefined where the server answers with the fault that is forgiven. */
  private async call(method: string, request: RequestInit, forgiven: string | undefined): Promise<unknown> {
    const url = `${this.address.replace(/\/+$/, '')}/api/2.0/mlflow/${method}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        ...request,
        headers: { 'content-type': 'application/json', ...authorization() },
        signal: AbortSignal.timeout(patience),
      });
      text = await response.text();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new UserError(
        `${this.address} does not answer (${cause instanceof Error ? cause.message : String(cause)})`,
      );
    }
    const answer = tryParseJson(text);
    if (response.ok) {
      if (typeof answer === 'object' && answer !== null) return answer;
      throw new UserError(`${this.address} answers ${method} with something else than JSON: it is no MLflow server`);
    }
    const fault = z.object({ error_code: z.string(), message: z.string().default('') }).safeParse(answer);
    if (fault.success && fault.data.error_code === forgiven) return undefined;
    throw new UserError(
      `${this.address} answers ${response.status}${fault.success ? `, ${fault.data.error_code}: ${fault.data.message}` : ''} to ${method}`,
    );
  }
}

function authorization(): Record<string, string> {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = process.env;
  if (token) return { authorization: `Bearer ${token}` };
  return user && password ? { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } : {};
}
