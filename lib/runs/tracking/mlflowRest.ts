import { z } from 'zod';
import { UserError } from '../../errors';
import { tryParseJson } from '../../io/json';

/** Timeout of a request. It is short, because a run that is stopped has little time for its last one. */
const timeoutMs = 5000;

const errorBody = z.object({ error_code: z.string(), message: z.string().default('') });

/** MLflow's REST interface 2.0, with the credentials that MLflow's own clients read from the environment. */
export class MlflowRest {
  constructor(readonly address: string) {}

  /** The body of the answer; undefined if the server answers with the error code `allowedError`. */
  get(method: string, query: Readonly<Record<string, string>>, allowedError?: string): Promise<unknown> {
    return this.call(`${method}?${new URLSearchParams(query)}`, {}, allowedError);
  }

  /** The body of the answer; undefined if the server answers with the error code `allowedError`. */
  post(method: string, body: object, allowedError?: string): Promise<unknown> {
    return this.call(method, { method: 'POST', body: JSON.stringify(body) }, allowedError);
  }

  private async call(method: string, request: RequestInit, allowedError: string | undefined): Promise<unknown> {
    const url = `${this.address.replace(/\/+$/, '')}/api/2.0/mlflow/${method}`;
    const { response, text } = await this.send(url, request);
    const body = tryParseJson(text);
    if (response.ok) {
      if (typeof body === 'object' && body !== null) return body;
      throw new UserError(
        `${this.address} answers ${method} with something other than JSON: it is not an MLflow server`,
      );
    }
    const error = errorBody.safeParse(body);
    if (error.success && error.data.error_code === allowedError) return undefined;
    const details = error.success ? `, ${error.data.error_code}: ${error.data.message}` : '';
    throw new UserError(`${this.address} answers ${response.status}${details} to ${method}`);
  }

  private async send(
    url: string,
    request: RequestInit,
  ): Promise<{ readonly response: Response; readonly text: string }> {
    try {
      const headers = { 'content-type': 'application/json', ...authorization() };
      const response = await fetch(url, { ...request, headers, signal: AbortSignal.timeout(timeoutMs) });
      return { response, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new UserError(
        `${this.address} does not answer (${cause instanceof Error ? cause.message : String(cause)})`,
      );
    }
  }
}

function authorization(): Record<string, string> {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = process.env;
  if (token) return { authorization: `Bearer ${token}` };
  if (!user || !password) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
