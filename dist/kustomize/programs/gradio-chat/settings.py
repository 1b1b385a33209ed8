"""What the page is started with, by the names of the contract."""

from dataclasses import dataclass

from contract import Contract


@dataclass(frozen=True)
class Settings:
    server_url: str
    model: str
    title: str
    system_prompt: str
    max_message_length: int
    max_model_len: int
    max_tokens: int
    temperature: float
    max_answers: int
    first_token_seconds: float
    next_token_seconds: float
    answer_seconds: float
    api_key_file: str | None
    path_prefix: str
    host: str
    port: int

    @classmethod
    def parse(cls) -> "Settings":
        contract = Contract()
        settings = cls(**vars(contract.parse()))
        if settings.max_tokens >= settings.max_model_len:
            contract.refuse(
                f"--max-tokens ({settings.max_tokens}) leaves no room for a question in --max-model-len ({settings.max_model_len})"
            )
        return settings
